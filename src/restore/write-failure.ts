import { Problem } from '../problem.js';
import type { Bytes } from '../sys/bytes.js';
import { SysError } from '../sys/sys-error.js';
import type { Union } from '../union/union.js';
import { grouped, plural } from '../words/plural.js';
import { shown } from '../words/shown.js';

const nothing: DoneBefore = { linksRestored: 0, entriesRemoved: 0 };

const hints: Readonly<Record<string, string>> = {
  ENOSPC: 'free some space or inodes on the upper file system, then run the same command again',
  EDQUOT: 'raise the quota of the upper file system, then run the same command again',
  EROFS: 'mount the upper file system read-write, then run the same command again',
  EACCES: 'run it as root, or as the owner of the branches',
  EPERM: 'run it as root, or as the owner of the branches',
};

/** What a run has done before it failed: it stays done. */
export interface DoneBefore {
  readonly linksRestored: number;
  readonly entriesRemoved: number;
  /** Of `repair`, beside those that are links or entries. */
  readonly repairs?: number;
  /** How many repairs there were to be. */
  readonly ofRepairs?: number;
}

/**
 * What the user is told where the file system refuses in a way that concerns every entry, or where something else ended
 * a run early; other errors pass as they are. A call on a descriptor knows no path or a mere name: the upper says which
 * union it was.
 */
export function writeFailure(error: unknown, { branches }: Union, before?: DoneBefore): unknown {
  if (error instanceof Problem) return afterDone(error, before);
  if (!(error instanceof SysError)) return error;
  const name = error.path === undefined || error.path === '' ? '' : ` ${shown(error.path as Bytes)}`;
  return new Problem('operational', 'write', `${error.syscall}${name}: ${error.meaning}`, {
    path: branches.find(({ role }) => role === 'upper')?.path,
    cause: error,
    hint: `${doneText(before)}${hints[error.code] ?? 'nothing is lost; run the same command again when the cause is mended'}`,
  });
}

/** The same with what stays done before it, where it tells a user why a run ended. */
export function withDone(error: unknown, before: DoneBefore): unknown {
  return error instanceof Problem ? afterDone(error, before) : error;
}

function afterDone(problem: Problem, before: DoneBefore | undefined): Problem {
  const done = doneText(before);
  if (done === '') return problem;
  const { kind, code, message, path, hint, cause } = problem;
  return new Problem(kind, code, message, { path, hint: `${done}${hint ?? 'it stays done'}`, cause });
}

/** The beginning of a hint: what stays done; empty where it is nothing. */
export function doneText({
  linksRestored: links,
  entriesRemoved: removed,
  repairs = 0,
  ofRepairs = repairs,
}: DoneBefore = nothing): string {
  const names = links === 0 ? [] : [`${plural(links, 'name was', 'names were')} put back`];
  const verb = links > 0 ? '' : removed === 1 ? ' was' : ' were';
  const gone = removed === 0 ? [] : [`${plural(removed, 'entry', 'entries')}${verb} removed`];
  const some = ofRepairs > repairs ? `${grouped(repairs)} of ` : '';
  const mended =
    repairs === 0 ? [] : [`${some}${plural(ofRepairs, 'repair')} ${repairs === 1 ? 'was' : 'were'} made`];
  const done = [...names, ...gone, ...mended];
  return done.length === 0 ? '' : `${done.join(' and ')} before that; `;
}

import { HYDRATE_XATTR } from '../scan/own-marks.js';
import type { IndexEntry } from '../scan/result.js';
import { sameInode } from '../sys/inode-id.js';
import { sight } from '../sys/stat.js';
import { removeXattr } from '../sys/xattr.js';
import { attempt, type EntryRun } from './entry-run.js';
import { fitAttribute } from './fit-attribute.js';
import { renewOwed } from './hydrate.js';
import { linkNames } from './link-names.js';
import { linksByDirectory } from './links-by-directory.js';
import { type MadeDirectories, makeNeeded } from './needed-directories.js';
import { Pace, type PaceOptions } from './pace.js';
import type { EntryPlan, Plan } from './plan-types.js';
import { removeEntries } from './remove-entries.js';
import type { Site } from './site.js';

/** What a batch did; `failure` ends the whole run. */
export interface BatchDone {
  readonly runs: readonly EntryRun[];
  readonly directoriesMade: number;
  /** The signal ended it early. What was done is durable, and as right as after the whole of it. */
  readonly stopped: boolean;
  readonly failure: unknown;
}

const none: readonly never[] = [];

export interface BatchOptions extends Pick<PaceOptions, 'signal' | 'breathMs'> {
  /** Asked before the first entry goes, and now and again. */
  readonly stillFree?: (() => void) | undefined;
  /** Told now and then how many of the batch's links are made. */
  readonly onLinks?: (links: number) => void;
}

/** Links, counts and only then removes the entries of one batch. */
export async function runBatch(
  site: Site,
  plan: Plan,
  entries: readonly EntryPlan[],
  made: MadeDirectories,
  { stillFree, onLinks, signal, breathMs }: BatchOptions,
): Promise<BatchDone> {
  const runs: EntryRun[] = entries.map((each) => ({
    plan: each,
    restored: none,
    removed: false,
    failure: undefined,
  }));
  const onBreath = (): void => onLinks?.(runs.reduce((sum, { restored }) => sum + restored.length, 0));
  const pace = new Pace({ onBreath, signal, breathMs });
  let directoriesMade = 0;
  let stopped = false;
  let failure: unknown;
  try {
    verifyEntries(site, runs);
    renewDebts(site, plan, runs);
    const links = linksByDirectory(runs);
    await makeNeeded(site, plan, links, made, pace, (more) => {
      directoriesMade += more;
    });
    promise(site, runs);
    await linkNames(site, links, pace);
    settle(site, runs);
    await removeEntries(site, runs, pace, stillFree);
  } catch (error) {
    if (signal?.aborted === true && error === signal.reason) stopped = true;
    else failure = error;
  }
  return { runs, directoriesMade, stopped, failure };
}

function verifyEntries(site: Site, runs: readonly EntryRun[]): void {
  for (const run of runs) {
    attempt(run, () => {
      run.failure = whatChanged(site, run.plan.entry);
    });
  }
}

/** What a stopped run owes inodes that it was filling: asked before this one changes them. */
function renewDebts(site: Site, { leftovers }: Plan, runs: readonly EntryRun[]): void {
  for (const run of runs) {
    const { hydrate, entry } = run.plan;
    // With its data, which the union's kernel has given it meanwhile, an inode is owed nothing more.
    const whole = leftovers.running && entry.overlay !== undefined && entry.overlay.metacopy === undefined;
    attempt(run, () => {
      if (hydrate) renewOwed(site, entry.branch, entry.name);
      else if (whole) removeXattr(site.index(entry.branch), entry.name, HYDRATE_XATTR);
    });
  }
}

function whatChanged(site: Site, entry: IndexEntry): string | undefined {
  const now = sight(site.index(entry.branch), entry.name);
  if (now === undefined) return 'the entry is gone since it was looked at';
  if (!sameInode(now, entry.inode)) return 'the entry is another file since it was looked at';
  return now.nlink === entry.inode.nlink ? undefined : 'its links changed since it was looked at';
}

// The L form tells the count relative to the lower inode, which links in the upper do not change: right at every
// instant while they are added, and after a stop between any two.
function promise(site: Site, runs: readonly EntryRun[]): void {
  for (const run of runs) {
    const { nlinkBefore } = run.plan;
    if (nlinkBefore !== undefined) attempt(run, () => setNlink(site, run, nlinkBefore));
  }
}

function settle(site: Site, runs: readonly EntryRun[]): void {
  for (const run of runs) {
    const { nlinkAfter } = run.plan;
    if (nlinkAfter !== undefined) attempt(run, () => setNlink(site, run, nlinkAfter));
  }
}

function setNlink(site: Site, { plan: { entry } }: EntryRun, value: string): void {
  if (site.marks === undefined) return;
  fitAttribute(site.index(entry.branch), entry.name, site.marks.nlink, Buffer.from(value, 'latin1'));
}

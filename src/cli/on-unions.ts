import { Problem } from '../problem.js';
import { failureReport } from '../report/failure-report.js';
import type { Report } from '../report/report.js';
import { several } from '../report/several.js';
import { refuseUnreadableMarks } from '../union/refuse-unreadable-marks.js';
import type { Union } from '../union/union.js';
import { allUnions, type NamedUnion } from './all-unions.js';
import { byDisk } from './by-disk.js';
import type { Invocation } from './command.js';
import { type allOption, type outputOptions, targetOptions, type writeOptions } from './common-options.js';
import type { Context } from './context.js';
import { gravest } from './exit-code.js';
import { expectLowers } from './expect-lowers.js';
import { failureOf } from './failure.js';
import { selectUnion } from './select-union.js';
import type { UnionPolicy } from './union-policy.js';

type Named = typeof targetOptions &
  Pick<typeof outputOptions, 'config'> &
  Partial<typeof allOption> &
  Partial<Pick<typeof writeOptions, 'dry-run'>>;

/**
 * Runs `action` on the union that is named, or with `--all` on each of them, one report for all. Unions that share
 * no disk do not wait for one another.
 */
export async function onUnions(
  { values, positionals }: Invocation<Named>,
  context: Context,
  action: (union: Union, policy: UnionPolicy) => Promise<Report>,
): Promise<Report> {
  if (values.all !== true) {
    const union = selectUnion(values, positionals, context);
    refuseUnreadableMarks(union);
    return action(union, {});
  }
  const beside = Object.keys(targetOptions).find((key) => values[key as keyof Named] !== undefined);
  if (positionals.length > 0 || beside !== undefined) {
    throw new Problem('usage', 'two-targets', '--all takes no union beside it', {
      hint: beside === undefined ? undefined : `leave --${beside} out`,
    });
  }
  const named = await allUnions(values.config, context);
  const opened = named.map(openOne);
  for (const each of opened) if (!(each instanceof Failed)) expectLowers(each, context.groups);
  const reports: (Report | undefined)[] = named.map(() => undefined);
  const groups = byDisk(opened.map((each) => (each instanceof Failed ? undefined : each)));
  await Promise.all(
    groups.map(async (members) => {
      for (const position of members) {
        const [name, union] = [named[position], opened[position]];
        if (name === undefined || union === undefined) continue;
        // One report says that the run was stopped; what was not begun has none.
        if (context.signal.aborted) return;
        reports[position] = await reportOf(name, union, action);
      }
    }),
  );
  const done = reports.filter((report) => report !== undefined);
  if (context.signal.aborted && done.length < named.length) {
    done.push(failureReport(failureOf(context.signal.reason)));
  }
  return several(done, gravest(done.map(({ exitCode }) => exitCode)), values['dry-run'] === true);
}

/** Why a union could not be opened. */
class Failed {
  constructor(readonly error: unknown) {}
}

function openOne({ open }: NamedUnion): Union | Failed {
  try {
    return open();
  } catch (error) {
    return new Failed(error);
  }
}

async function reportOf(
  { name, policy }: NamedUnion,
  union: Union | Failed,
  action: (union: Union, policy: UnionPolicy) => Promise<Report>,
): Promise<Report> {
  try {
    if (union instanceof Failed) throw union.error;
    return await action(union, policy);
  } catch (error) {
    // One union in trouble must not keep the others from their maintenance.
    return failureReport({ ...failureOf(error), union: name });
  }
}

import { refuseIfInUse } from '../lock/in-use.js';
import { Problem } from '../problem.js';
import { repairReport } from '../report/repair-report.js';
import type { Report } from '../report/report.js';
import { idleNames } from '../restore/repair/idle-names.js';
import type { RepairOutcome } from '../restore/repair/repair-apply.js';
import { decideRepairs, type RepairChoices, unmatched } from '../restore/repair/repair-plan.js';
import { type Bytes, componentsOf } from '../sys/bytes.js';
import type { Union } from '../union/union.js';
import { shown } from '../words/shown.js';
import type { writeOptions } from './common-options.js';
import type { Context } from './context.js';
import { readMap } from './map-file.js';
import type { Options, Values } from './option.js';
import { mapOfImage, mappedRepair } from './repair-mapped.js';
import { type RepairOrders, repairRounds } from './repair-rounds.js';
import { scanUnion } from './scan-union.js';
import { stopFailure } from './stop-failure.js';
import { stopwatch } from './stopwatch.js';
import { underMaintenance } from './under-maintenance.js';
import { waitSeconds } from './wait-seconds.js';

/** What `repair` takes beside the union and the lock. */
export const repairOptions = {
  yes: {
    type: 'flag',
    alias: 'y',
    describe: 'do what is safe, and what the options below decide, without a question',
    group: 'Decisions:',
  },
  rescue: {
    type: 'text',
    value: 'DIR',
    describe: 'move what cannot be placed to DIR instead of leaving it',
    group: 'Decisions:',
  },
  rejoin: {
    type: 'flag',
    describe:
      'link files that lost their index entry, and twins with the same content, to their groups again',
    group: 'Decisions:',
  },
  unbreak: {
    type: 'list',
    value: 'PATH',
    describe: "give the group that index=off broke this file's content; repeat it for each group",
    group: 'Decisions:',
  },
  map: {
    type: 'text',
    value: 'FILE',
    describe: 'which names entries stand for, a line each: ENTRY NAME… (or a JSON object of lists)',
    group: 'Decisions:',
  },
  image: {
    type: 'text',
    value: 'DEVICE',
    describe:
      'aufs on ext4: a copy of the upper made after the crash and before any mount, which still tells all names',
    group: 'Decisions:',
  },
} as const satisfies Options;

/** `repair` on one union: scan, decide, and unless it is a dry run mend under the maintenance lock. */
export async function repairUnion(
  union: Union,
  values: Partial<Values<typeof repairOptions>> & Values<typeof writeOptions>,
  context: Context,
): Promise<Report> {
  const seconds = stopwatch();
  const choices = choicesOf(values);
  const dryRun = values['dry-run'] === true;
  const { map, image } = values;
  if (map !== undefined && image !== undefined) {
    throw new Problem('usage', 'bad-option', '--map and --image exclude each other');
  }
  const namesOf = namesGiven(map, image, context);
  if (dryRun || (!choices.yes && context.streams.ask === undefined)) {
    const scan = await scanUnion(union, true, context);
    const left = decideRepairs(scan.findings, choices);
    const orders = scan.blocked === undefined ? await namesOf?.(scan) : undefined;
    const mapped = orders === undefined ? undefined : await mappedRepair(scan, orders, context);
    const told = mapped?.told ?? [];
    const done = misnamed(union, unmatched(choices.unbreak, scan.findings), context);
    const { yes } = choices;
    return repairReport({ scan, done, told, left, yes, dryRun, seconds: seconds(), stop: undefined });
  }
  if (union.mounted !== undefined) {
    throw new Problem('busy', 'mounted', 'the union is mounted: its upper and its index are in use', {
      path: union.mounted.path,
      hint: 'unmount it first; with --dry-run the repairs are only told',
    });
  }
  const probe = (): void => refuseIfInUse(union, { kernelRoot: context.kernelRoot });
  return underMaintenance(union, 'repair', waitSeconds(values.wait), context, async () => {
    const orders = { ...choices, namesOf };
    const { scan, done, left, idle, unmade } = await repairRounds(union, orders, probe, context);
    const stop = unmade === undefined ? undefined : { failure: stopFailure(context.signal), unmade };
    const all = [...done, ...misnamed(union, idle, context)];
    const { yes } = choices;
    const asked = context.streams.ask !== undefined;
    return repairReport({
      scan,
      done: all,
      told: [],
      left,
      yes,
      asked,
      dryRun: false,
      seconds: seconds(),
      stop,
    });
  });
}

/** Tells of names given to `--unbreak` that no group has; those that are nowhere were not done. */
function misnamed(union: Union, names: readonly Bytes[], { notice }: Context): RepairOutcome[] {
  const { whole, nowhere } = idleNames(union, names);
  for (const name of whole) {
    // An earlier run with the same words may have joined it.
    notice({
      level: 'notice',
      text: `no broken group has the file ${shown(name)}: nothing is to be done for it`,
    });
  }
  return nowhere.map((path) => ({
    finding: {
      code: 'no-such-file',
      severity: 'error',
      path,
      message: 'no branch has a file with this name, which --unbreak gives',
      remedy: "give the path from the union's root",
      safe: false,
    },
    done: false,
    reason: "no branch has a file with this name: --unbreak takes the path from the union's root",
    kept: [],
  }));
}

function choicesOf({ yes, rescue, rejoin, unbreak }: Partial<Values<typeof repairOptions>>): RepairChoices {
  return { yes: yes === true, rescue, rejoin: rejoin === true, unbreak: (unbreak ?? []).map(belowRoot) };
}

/** @throws Problem `usage` where a path leads out of the union, whose groups have no such names */
function belowRoot(path: Bytes): Bytes {
  const parts = componentsOf(path).filter((part) => part !== '.');
  if (parts.length > 0 && !parts.includes('..' as Bytes)) return parts.join('/') as Bytes;
  throw new Problem('usage', 'bad-path', `--unbreak ${shown(path)} is no path of a file in the union`, {
    hint: "give the path from the union's root",
  });
}

function namesGiven(
  map: Bytes | undefined,
  image: Bytes | undefined,
  context: Context,
): RepairOrders['namesOf'] {
  if (image !== undefined) return (scan) => mapOfImage(scan, image, context);
  if (map === undefined) return undefined;
  // A map that cannot be read is told before anything is looked at.
  const names = readMap(map);
  return async () => ({ file: map, names });
}

import { refuseIfInUse } from '../lock/in-use.js';
import { Problem } from '../problem.js';
import { againstPrune } from '../record/against-prune.js';
import { mountedPruneReport, pruneReport } from '../report/prune-report.js';
import type { Report } from '../report/report.js';
import { applyPrune } from '../restore/prune/prune-apply.js';
import { pruneFacts } from '../restore/prune/prune-facts.js';
import { prunePlan } from '../restore/prune/prune-plan.js';
import type { PrunePlan, PrunePolicy } from '../restore/prune/prune-types.js';
import { refuseClosedIndex } from '../restore/refuse-unprivileged.js';
import { refuseRescueInBranch } from '../restore/rescue/rescue.js';
import type { ScanResult } from '../scan/result.js';
import type { Union } from '../union/union.js';
import type { allOption, writeOptions } from './common-options.js';
import type { Context } from './context.js';
import { duration } from './duration.js';
import type { Options, Values } from './option.js';
import { recordFor } from './record-for.js';
import { scanOptions } from './scan-options.js';
import { scanUnion } from './scan-union.js';
import { stopFailure } from './stop-failure.js';
import { stopwatch } from './stopwatch.js';
import { underMaintenance } from './under-maintenance.js';
import type { UnionPolicy } from './union-policy.js';
import { waitSeconds } from './wait-seconds.js';

/** What `prune` takes beside the union and the lock. */
export const pruneOptions = {
  'min-age': {
    type: 'text',
    value: 'DURATION',
    describe: 'only entries left alone for that long [default: 0; 1d where the lower file is gone]',
  },
  rescue: { type: 'text', value: 'DIR', describe: 'keep the data of everything that goes in DIR' },
  'without-rescue': {
    type: 'flag',
    describe: 'remove also what may be the last copy of its data, and keep none',
  },
} as const satisfies Options;

/** `prune` on one union: scan, judge, and unless it is a dry run remove under the maintenance lock. */
export async function prune(
  union: Union,
  values: Values<typeof pruneOptions & typeof writeOptions & typeof allOption>,
  context: Context,
  configured: UnionPolicy = {},
): Promise<Report> {
  const policy = policyOf(values, configured);
  if (policy.rescue !== undefined) refuseRescueInBranch(policy.rescue, union);
  const seconds = stopwatch();
  const dryRun = values['dry-run'] === true;
  if (union.mounted !== undefined) {
    if (values.all === true) return mountedPruneReport(union, dryRun, seconds());
    throw new Problem('busy', 'mounted', 'the union is mounted: its index is in the hands of the kernel', {
      path: union.mounted.path,
      hint: 'unmount it first',
    });
  }
  const probe = (): void => refuseIfInUse(union, { kernelRoot: context.kernelRoot });
  if (dryRun) {
    probe();
    const { found, plan } = await judge(union, policy, context);
    return pruneReport(found, plan, undefined, seconds(), undefined);
  }
  return underMaintenance(union, 'prune', waitSeconds(values.wait), context, async () => {
    probe();
    const { found, plan } = await judge(union, policy, context);
    if (plan.entries.length > 0) refuseClosedIndex(union);
    const outcome = await applyPrune(plan, { signal: context.signal, stillFree: probe });
    tellMount(probe, context);
    const stop = outcome.stopped ? stopFailure(context.signal) : undefined;
    return pruneReport(found, plan, outcome, seconds(), stop);
  });
}

function policyOf(values: Values<typeof pruneOptions>, configured: UnionPolicy): PrunePolicy {
  const withoutRescue = values['without-rescue'] === true;
  if (values.rescue !== undefined && withoutRescue) {
    throw new Problem('usage', 'bad-option', '--rescue and --without-rescue exclude each other');
  }
  const minAge = values['min-age'] ?? configured.minAge;
  return {
    rescue: withoutRescue ? undefined : (values.rescue ?? configured.rescue),
    withoutRescue,
    minAge: minAge === undefined ? undefined : duration('--min-age', minAge),
  };
}

async function judge(
  union: Union,
  policy: PrunePolicy,
  context: Context,
): Promise<{ readonly found: ScanResult; readonly plan: PrunePlan }> {
  const found = await scanUnion(union, false, context);
  // The scan has told of a record that cannot be read.
  const record = recordFor(union, { ...context, notice: () => {} });
  const { knownNames, disagreements } = againstPrune(found, record);
  const facts = await pruneFacts(found, disagreements, scanOptions(context));
  const now = BigInt(Date.now()) * 1_000_000n;
  return { found, plan: prunePlan({ scan: found, facts, knownNames, policy, now }) };
}

/** What went was shown by no name, so a mount that came meanwhile lost nothing; it is told all the same. */
function tellMount(probe: () => void, context: Context): void {
  try {
    probe();
  } catch (error) {
    if (!(error instanceof Problem) || error.kind !== 'busy') throw error;
    context.notice({
      level: 'warning',
      text: `somebody mounted the union while it was pruned: ${error.message}`,
    });
  }
}

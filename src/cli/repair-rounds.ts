import { mapQuestion, questionText, safeQuestion } from '../report/repair-question.js';
import { apply } from '../restore/apply.js';
import { plan } from '../restore/plan.js';
import { repairAll } from '../restore/repair/repair-all.js';
import type { RepairOutcome } from '../restore/repair/repair-apply.js';
import { evidenceOf } from '../restore/repair/repair-evidence.js';
import {
  type Decision,
  decideRepairs,
  type RepairChoices,
  unmatched,
  withoutRivals,
} from '../restore/repair/repair-plan.js';
import { openRepairSite } from '../restore/repair/repair-site.js';
import { withDone } from '../restore/write-failure.js';
import type { ScanResult } from '../scan/result.js';
import type { Bytes } from '../sys/bytes.js';
import type { Union } from '../union/union.js';
import type { Context } from './context.js';
import { mappedRepair, type NameMap } from './repair-mapped.js';
import { scanUnion } from './scan-union.js';
import { showRepairing } from './show-progress.js';

/** What the rounds of a repair came to. */
export interface RepairRounds {
  /** After the last of them. */
  readonly scan: ScanResult;
  readonly done: readonly RepairOutcome[];
  readonly left: readonly Decision[];
  /** Names given to `--unbreak` that no finding of any round was about. */
  readonly idle: readonly Bytes[];
  /** Repairs that were agreed to and that a stop left unmade; undefined where nothing stopped it. */
  readonly unmade: number | undefined;
}

/** What was decided on the command line. */
export interface RepairOrders extends RepairChoices {
  /** What a map, or an image, says of the entries. */
  readonly namesOf: ((scan: ScanResult) => Promise<NameMap>) | undefined;
}

/** One repair shows the next: an index whose upper was moved, then its entries, then their link counts. */
const MOST_ROUNDS = 5;

/**
 * Scans, repairs what is decided, and scans again until nothing more is to be done.
 *
 * @param probe - throws where somebody has mounted the union
 * @throws Problem where the file system refuses to go on, or what `probe` throws; what was repaired until then stays so,
 *   and is told
 */
export async function repairRounds(
  union: Union,
  choices: RepairOrders,
  probe: () => void,
  context: Context,
): Promise<RepairRounds> {
  const account: Account = { done: [], agreed: 0 };
  try {
    return await roundsOf(union, choices, probe, context, account);
  } catch (error) {
    const repairs = account.done.filter((outcome) => outcome.done).length;
    throw withDone(error, { linksRestored: 0, entriesRemoved: 0, repairs, ofRepairs: account.agreed });
  }
}

/** What became of each repair, also where a later one fails, and how many there were to be. */
interface Account {
  readonly done: RepairOutcome[];
  agreed: number;
}

async function roundsOf(
  union: Union,
  choices: RepairOrders,
  probe: () => void,
  context: Context,
  account: Account,
): Promise<RepairRounds> {
  const { done } = account;
  probe();
  let scan = await placeMapped(union, choices, probe, context, account);
  const tried = new Set<string>();
  let idle = choices.unbreak;
  for (let round = 0; ; round += 1) {
    // A scan would be stopped too, and nothing be told of what was repaired until then.
    if (scan !== undefined && context.signal.aborted) return stoppedAfter(scan, choices, idle, account);
    probe();
    try {
      scan = await scanUnion(union, true, context);
    } catch (error) {
      if (scan === undefined || error !== context.signal.reason) throw error;
      return stoppedAfter(scan, choices, idle, account);
    }
    const all = decideRepairs(scan.findings, choices);
    idle = unmatched(idle, scan.findings);
    const fresh = all.filter((decision) => !tried.has(keyOf(decision)));
    // What a repair brought with it needs no second question.
    const follows = done.some((outcome) => outcome.done);
    const agreed = round === MOST_ROUNDS ? [] : await agree(union, fresh, follows, choices, context);
    for (const decision of fresh) tried.add(keyOf(decision));
    account.agreed = done.length + agreed.length;
    if (context.signal.aborted) return stoppedAfter(scan, choices, idle, account);
    if (agreed.length === 0) return { scan, done, left: all, idle, unmade: undefined };
    // A scan, or a person, may have taken minutes.
    probe();
    await mend(union, scan, agreed, choices, probe, context, done);
  }
}

/** The end of a run that a stop ended: what the last scan found, less what was repaired since. */
function stoppedAfter(
  scan: ScanResult,
  choices: RepairOrders,
  idle: readonly Bytes[],
  { done, agreed }: Account,
): RepairRounds {
  const mended = new Set(done.flatMap((outcome) => (outcome.done ? [outcome.finding] : [])));
  const findings = scan.findings.filter((finding) => !mended.has(finding));
  const left = decideRepairs(findings, choices);
  return { scan: { ...scan, findings }, done, left, idle, unmade: agreed - done.length };
}

/**
 * First what the map says: an entry that it places needs no rescue.
 *
 * @returns the scan that something was placed by
 */
async function placeMapped(
  union: Union,
  { namesOf, yes }: RepairOrders,
  probe: () => void,
  context: Context,
  account: Account,
): Promise<ScanResult | undefined> {
  if (namesOf === undefined) return undefined;
  const scan = await scanUnion(union, false, context);
  if (scan.blocked !== undefined) return undefined;
  const repair = await mappedRepair(scan, await namesOf(scan), context);
  if (repair.told.length === 0) return undefined;
  const { ask } = context.streams;
  const agreed = yes || (ask !== undefined && isYes(await ask(mapQuestion(repair.told), context.signal)));
  if (!agreed) return undefined;
  probe();
  account.agreed = repair.told.length;
  for (const each of await repair.carryOut(probe)) account.done.push(each);
  return scan;
}

const isYes = (answer: string): boolean => /^y(es)?$/i.test(answer.trim());

/** A repair is tried once; the same file may need another one after it, as its link count does. */
function keyOf({ finding: { code, path }, action }: Decision): string {
  const plain = JSON.stringify(action, (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}` : value,
  );
  return `${code}\0${path}\0${plain}`;
}

async function agree(
  union: Union,
  decisions: readonly Decision[],
  follows: boolean,
  { yes }: RepairChoices,
  { streams, signal }: Context,
): Promise<Decision[]> {
  const decided = decisions.filter(({ verdict }) => verdict === 'do');
  const { ask } = streams;
  const asked = decisions.filter(({ verdict }) => verdict === 'ask');
  if (ask === undefined) return withoutRivals(decided);
  const says = async (question: string): Promise<boolean> => isYes(await ask(question, signal));
  const safe = yes ? [] : asked.filter(({ action }) => action.consent === 'safe');
  if (safe.length > 0 && (follows || (await says(safeQuestion(safe.map(({ finding }) => finding)))))) {
    for (const each of safe) decided.push(each);
  }
  const open = asked.filter((decision) => !safe.includes(decision));
  if (open.length === 0) return withoutRivals(decided);
  const site = openRepairSite(union);
  try {
    for (const decision of open) {
      if (withoutRivals([...decided, decision]).length <= decided.length) continue;
      const { finding, action } = decision;
      if (await says(questionText(finding, action, evidenceOf(site, action)))) decided.push(decision);
    }
  } finally {
    site.close();
  }
  return withoutRivals(decided);
}

async function mend(
  union: Union,
  scan: ScanResult,
  decisions: readonly Decision[],
  { rescue: directory }: RepairChoices,
  probe: () => void,
  context: Context,
  done: RepairOutcome[],
): Promise<void> {
  const { signal } = context;
  for (const each of await flushSome(scan, decisions, probe, signal)) done.push(each);
  const others = decisions.filter(({ action }) => action.kind !== 'flush' && action.kind !== 'settle');
  if (others.length === 0) return;
  const onProgress = showRepairing(context);
  await repairAll(union, directory, others, done, { signal, stillFree: probe, onProgress });
  context.progress.end();
}

/** Entries that a flush mends, and what an interrupted run still owes. */
async function flushSome(
  scan: ScanResult,
  decisions: readonly Decision[],
  probe: () => void,
  signal: AbortSignal,
): Promise<RepairOutcome[]> {
  const wanted = new Map(
    decisions.flatMap(({ finding, action }) =>
      action.kind === 'flush' ? [[`${action.branch}/${action.entry}`, finding] as const] : [],
    ),
  );
  const settle = decisions.find(({ action }) => action.kind === 'settle')?.finding;
  if (wanted.size === 0 && settle === undefined) return [];
  const whole = plan(scan, 'flush');
  const entries = whole.entries.filter(({ entry }) => wanted.has(`${entry.branch}/${entry.name}`));
  const outcome = await apply({ ...whole, entries, kept: [] }, { signal, stillFree: probe });
  const settled = settle === undefined ? [] : [{ finding: settle, done: true, reason: undefined, kept: [] }];
  const flushed = outcome.entries.flatMap(({ entry, removed, reason }) => {
    const finding = wanted.get(`${entry.branch}/${entry.name}`);
    return finding === undefined ? [] : [{ finding, done: removed, reason, kept: [] }];
  });
  return [...settled, ...flushed];
}

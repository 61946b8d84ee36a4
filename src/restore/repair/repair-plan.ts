import type { RepairAction } from '../../scan/repair-action.js';
import type { Finding } from '../../scan/result.js';
import type { Bytes } from '../../sys/bytes.js';

/** What the administrator has already decided. */
export interface RepairChoices {
  /** Do everything that is decided or safe without a question. */
  readonly yes: boolean;
  /** Where to move what cannot be placed. */
  readonly rescue: Bytes | undefined;
  readonly rejoin: boolean;
  /** Upper files whose content the rest of their group shall have. */
  readonly unbreak: readonly Bytes[];
}

/** A finding with its repair, and whether that may be carried out. */
export interface Decision {
  readonly finding: Finding;
  readonly action: RepairAction;
  /** `do` it, `ask` first, or `leave` it for want of `missing`. */
  readonly verdict: 'do' | 'ask' | 'leave';
  /** What the command line would need, as a half sentence. */
  readonly missing: string | undefined;
  /** The command line names this one: left alone, it is told of, whatever the finding weighs. */
  readonly chosen?: boolean;
}

/** Decides on every finding that can be repaired. Pure. */
export function decideRepairs(findings: readonly Finding[], choices: RepairChoices): Decision[] {
  return findings.flatMap((finding) => {
    const { action } = finding;
    return action === undefined ? [] : [{ finding, action, ...verdictOf(finding, action, choices) }];
  });
}

function verdictOf(
  { path, severity }: Finding,
  action: RepairAction,
  { yes, rescue, rejoin, unbreak }: RepairChoices,
): Pick<Decision, 'verdict' | 'missing' | 'chosen'> {
  const names = chosenBy(path, action);
  const chosen = action.consent === 'unbreak' && names.some((name) => unbreak.includes(name));
  if (needsRescue(action) && rescue === undefined)
    return { verdict: 'leave', missing: '--rescue DIR', chosen };
  const missing = {
    safe: undefined,
    rescue: undefined,
    rejoin: rejoin ? undefined : '--rejoin',
    unbreak: chosen ? undefined : `--unbreak ${path}`,
    decide: 'a terminal, to ask a person',
  }[action.consent];
  // What a healthy union may show too is nothing to trouble a person with.
  if (severity === 'note' && missing !== undefined) return { verdict: 'leave', missing, chosen };
  if (missing === undefined && yes) return { verdict: 'do', missing: undefined, chosen };
  return { verdict: 'ask', missing: missing ?? '-y', chosen };
}

/** The names by which a person may choose a repair. */
function chosenBy(path: Bytes, action: RepairAction): readonly Bytes[] {
  return action.kind === 'link' ? [path, ...action.known] : [path];
}

/** Those of the names given to `--unbreak` that none of the findings is about. Pure. */
export function unmatched(unbreak: readonly Bytes[], findings: readonly Finding[]): Bytes[] {
  const matched = new Set(
    findings.flatMap(({ path, action }) => (action === undefined ? [path] : chosenBy(path, action))),
  );
  return unbreak.filter((name) => !matched.has(name));
}

/** Whether an action takes something from where it lies that is nowhere else. */
export function needsRescue(action: RepairAction): boolean {
  return action.kind === 'rescue' || (action.kind === 'link' && action.replace.some(({ same }) => !same));
}

/** Leaves out decisions about names that an earlier one already takes: two files cannot both win a group. */
export function withoutRivals(decisions: readonly Decision[]): Decision[] {
  const taken = new Set<string>();
  return decisions.filter(({ action }) => {
    const names = namesTaken(action);
    if (names.some((name) => taken.has(name))) return false;
    for (const name of names) taken.add(name);
    return true;
  });
}

function namesTaken(action: RepairAction): string[] {
  if (action.kind !== 'link') return [];
  const { from, to, replace } = action;
  const key = (path: Bytes): string => `${from.branch}/${path}`;
  return [
    ...(from.in === 'branch' ? [key(from.path)] : []),
    ...to.map(key),
    ...replace.map(({ path }) => key(path)),
  ];
}

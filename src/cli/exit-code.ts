/** What the program ends with, see the manual's section EXIT STATUS. */
export const exitCode = {
  done: 0,
  attention: 4,
  operational: 8,
  usage: 16,
  busy: 75,
  interrupted: 130,
  terminated: 143,
} as const;

// By how much somebody has to do about it.
const ranking: readonly number[] = [
  exitCode.done,
  exitCode.attention,
  exitCode.busy,
  exitCode.operational,
  exitCode.usage,
  exitCode.interrupted,
  exitCode.terminated,
];

/** One code for a run over several unions: the gravest of theirs. */
export function gravest(codes: readonly number[]): number {
  return codes.reduce((a, b) => (ranking.indexOf(b) > ranking.indexOf(a) ? b : a), exitCode.done as number);
}

const usual: readonly (readonly [number, string])[] = [
  [exitCode.done, 'done, or nothing to do'],
  [exitCode.attention, 'something is left that needs attention; each is named'],
  [exitCode.operational, 'operational error; nothing half-done is left that a rerun does not finish'],
  [exitCode.usage, 'usage error'],
  [exitCode.busy, 'busy: somebody else holds the maintenance mode, or the union is in use'],
  [exitCode.interrupted, 'stopped by SIGINT at an entry boundary; a rerun continues'],
  [exitCode.terminated, 'stopped by SIGTERM likewise'],
];

/** The usual meanings, with a command's own in their place. */
export function exitMeanings(own: readonly (readonly [number, string])[]): (readonly [number, string])[] {
  const meanings = new Map([...usual, ...own]);
  return [...meanings].sort(([a], [b]) => a - b);
}

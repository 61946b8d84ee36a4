/**
 * The seeds of a usual test run, the same on every machine. PLINKCTL_SEED runs one seed again; many more are for
 * `npm run seeds`.
 */
export function pinnedSeeds(count: number, from = 1): number[] {
  const { PLINKCTL_SEED } = process.env;
  if (PLINKCTL_SEED !== undefined) return [Number(PLINKCTL_SEED)];
  return Array.from({ length: count }, (_, i) => from + i);
}

import { Random } from '../support/random.js';

/** What of the program a seed is a trial of. */
export const kinds = ['offline', 'mounted', 'prune', 'repair', 'tampered', 'aufs'] as const;

export type Kind = (typeof kinds)[number];

/** Of twenty seeds in a row. */
const shares: Readonly<Record<Kind, number>> = {
  offline: 9,
  mounted: 2,
  prune: 2,
  repair: 2,
  tampered: 3,
  aufs: 2,
};

/** What a seed is a trial of, of the kinds that were asked for; most are of the main job. */
export function kindOf(seed: number, chosen: readonly Kind[]): Kind {
  const turn = chosen.flatMap((kind) => Array.from({ length: shares[kind] }, () => kind));
  return new Random(seed ^ 0x4b1d).pick(turn);
}

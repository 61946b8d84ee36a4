import type { FileSystems, ScratchType } from '../support/file-systems.js';
import { buildRandomUnion, type RandomUnion, type RandomUnionRoots } from '../support/random-union.js';

/** Where trials take place. */
export interface TrialPlace {
  readonly fileSystems: FileSystems;
  /** File systems to choose from. */
  readonly types: readonly ScratchType[];
}

/** What one seed gives, from its random union to the last comparison; throws at the first thing that is wrong. */
export type Trial = (seed: number, place: TrialPlace) => Promise<void>;

/** Builds the random union of a seed for the time of `body`; a failure tells the union's past. */
export async function onRandomUnion(
  seed: number,
  { fileSystems }: TrialPlace,
  roots: { readonly upper: ScratchType; readonly lower: ScratchType } & Pick<RandomUnionRoots, 'packed'>,
  body: (
    union: RandomUnion,
    directories: { readonly upper: string; readonly lower: string },
  ) => Promise<void>,
): Promise<void> {
  const upper = fileSystems.directory(roots.upper, `upper${seed}`);
  const lower = fileSystems.directory(roots.lower, `lower${seed}`);
  let union: RandomUnion | undefined;
  try {
    union = buildRandomUnion(seed, { upper, lower, packed: roots.packed });
    await body(union, { upper, lower });
  } catch (error) {
    const past = union === undefined ? '' : `\n${union.story.join('\n')}`;
    throw new Error(`seed ${seed}: ${(error as Error).message}${past}`, { cause: error });
  } finally {
    union?.dispose();
    fileSystems.clear(upper);
    fileSystems.clear(lower);
  }
}

/** Words of mount(8) with which `index=off` goes together. */
export const withoutExport = (options: readonly string[]): string[] =>
  options.filter((word) => word !== 'nfs_export=on');

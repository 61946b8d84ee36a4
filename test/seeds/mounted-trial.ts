import { expectMountedRestore } from '../support/mounted-restore.js';
import { Random } from '../support/random.js';
import { onRandomUnion, type TrialPlace } from './trial.js';

/**
 * Restore of an overlay while it is mounted, then a flush when it is not.
 *
 * @returns links that were made through the mount
 */
export async function mountedTrial(seed: number, place: TrialPlace): Promise<number> {
  const random = new Random(seed ^ 0x11fe);
  const types = place.types.filter((type) => type !== 'btrfs');
  const roots = { upper: random.pick(types), lower: random.pick(types), packed: undefined };
  let links = 0;
  await onRandomUnion(seed, place, roots, async ({ place: at, options }) => {
    links = await expectMountedRestore(at, ['index=on', ...options]);
  });
  return links;
}

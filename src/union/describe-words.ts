import { Problem } from '../problem.js';
import { namesAufsBranches, readAufsWords } from './aufs-words.js';
import { overlayBranches } from './describe-mount.js';
import type { DescribedUnion } from './described.js';
import type { MountOption } from './mount-options.js';
import { namesOverlayLayers, readOverlayWords } from './overlay-words.js';
import { refuseUnknownValues } from './refuse-unknown-values.js';

/** Whether any of the options names a branch, in either format's words. */
export function namesBranches(options: readonly MountOption[]): boolean {
  return namesOverlayLayers(options) || namesAufsBranches(options);
}

/**
 * The unmounted union that mount(8)'s options tell of.
 *
 * @param options - what stood after `-o`, or fstab's fourth field
 * @throws Problem `usage` where they name no branch, or those of both formats, or a value that the format does not have
 */
export function describeWords(options: readonly MountOption[]): DescribedUnion {
  const overlay = namesOverlayLayers(options);
  const aufs = namesAufsBranches(options);
  if (overlay && aufs) {
    throw new Problem(
      'usage',
      'two-formats',
      'the options name branches of an aufs and layers of an overlay',
    );
  }
  if (!overlay && !aufs) {
    throw new Problem('usage', 'no-branches', 'the options name no branch', {
      hint: 'give -o lowerdir=L,upperdir=U,workdir=W for an overlay, -o br:U=rw:L=ro for an aufs',
    });
  }
  if (overlay) refuseUnknownValues(options);
  const words = readOverlayWords(options);
  return {
    format: overlay ? 'overlay' : 'aufs',
    branches: overlay ? overlayBranches(words) : readAufsWords(options),
    work: words.work,
    options: words.options,
    mounted: undefined,
    si: undefined,
  };
}

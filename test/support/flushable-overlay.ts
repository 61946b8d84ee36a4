import { linkSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mountOverlay, overlayOptions } from './overlay-mount.js';
import { type OverlayPlace, overlayPlace } from './overlay-place.js';
import { unmount } from './unmount.js';

/** An overlay with one entry in its index, whose second name is missing in the upper. */
export interface FlushableOverlay {
  readonly place: OverlayPlace;
  /** What fstab and mount(8) say of it. */
  readonly options: string;
  mount(): void;
  unmount(): void;
  /** Names in the index. */
  entries(): number;
  /** Whether both names are one file in the upper. */
  whole(): boolean;
}

/** @param root - an empty directory on a file system that does for an upper */
export function flushableOverlay(root: string): FlushableOverlay {
  const place = overlayPlace(root);
  const [lower = ''] = place.lowers;
  mkdirSync(join(lower, 'd'));
  writeFileSync(join(lower, 'd/one'), 'before');
  linkSync(join(lower, 'd/one'), join(lower, 'two'));
  const options = overlayOptions({ ...place, options: ['index=on'] });
  const overlay: FlushableOverlay = {
    place,
    options,
    mount: () => {
      mountOverlay({ ...place, options: ['index=on'], target: place.merged });
    },
    unmount: () => unmount(place.merged),
    entries: () => readdirSync(join(place.work, 'index')).length,
    whole: () => {
      const inodes = ['d/one', 'two'].map((name) =>
        statSync(join(place.upper, name), { bigint: true, throwIfNoEntry: false }),
      );
      return inodes.every((each) => each !== undefined && each.ino === inodes[0]?.ino);
    },
  };
  overlay.mount();
  writeFileSync(join(place.merged, 'd/one'), 'after');
  overlay.unmount();
  return overlay;
}

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ascii, type Bytes, bytesFromText } from '../../src/sys/bytes.js';
import { mount, umount } from '../../src/sys/mount.js';
import { isSysError } from '../../src/sys/sys-error.js';
import type { Branch, OverlayOptions, OverlayUnion } from '../../src/union/union.js';
import { overlayOptions } from './overlay-mount.js';
import { pause } from './pause.js';
import { Place } from './place.js';

const TRIES = 40;
const PAUSE_MS = 50;

/** Directories of one overlay, absolute. */
export interface OverlayPlace {
  /** Top first; an empty string stands before the data-only ones. */
  readonly lowers: readonly string[];
  readonly upper: string;
  readonly work: string;
  readonly merged: string;
}

/** Makes the directories that `root` lacks: `upper`, `work`, `merged` and, unless others are told, `lower`. */
export function overlayPlace(root: string, lowers: readonly string[] = [join(root, 'lower')]): OverlayPlace {
  const place = {
    lowers,
    upper: join(root, 'upper'),
    work: join(root, 'work'),
    merged: join(root, 'merged'),
  };
  for (const directory of [...lowers, place.upper, place.work, place.merged]) {
    mkdirSync(directory, { recursive: true });
  }
  return place;
}

/**
 * Mounts the overlay for the time of `body`. By mount(2) itself: a random test mounts thousands of times, and
 * a process for each is most of the cost.
 *
 * @throws SysError EBUSY if `body` left a file open
 */
export function whileMounted<T>(
  place: OverlayPlace,
  options: readonly string[],
  body: (view: Place) => T,
): T {
  const data = bytesFromText(overlayOptions({ ...place, options }));
  const target = bytesFromText(place.merged);
  mountSoon(target, data);
  let result: T;
  try {
    result = body(new Place(place.merged));
  } catch (error) {
    try {
      umount(target);
    } catch {
      // What went wrong in the body explains more.
    }
    throw error;
  }
  umount(target);
  return result;
}

/**
 * A mount namespace that another process makes takes a copy of every mount with it, and upper and work stay in use
 * until it goes: that is not what a test is about.
 */
function mountSoon(target: Bytes, data: Bytes): void {
  for (let tries = 1; ; tries++) {
    try {
      mount(ascii('overlay'), target, ascii('overlay'), 0, data);
      return;
    } catch (error) {
      if (!isSysError(error, 'EBUSY') || tries === TRIES) throw error;
    }
    pause(PAUSE_MS);
  }
}

const isOn = (options: readonly string[], name: string): boolean | undefined => {
  if (options.includes(`${name}=on`)) return true;
  return options.includes(`${name}=off`) ? false : undefined;
};

/** The union as the program takes it, unmounted, with the options in words of mount(8). */
export function overlayUnion(place: OverlayPlace, options: readonly string[] = []): OverlayUnion {
  const redirect = options
    .find((option) => option.startsWith('redirect_dir='))
    ?.slice('redirect_dir='.length);
  const separator = place.lowers.indexOf('');
  const dataFrom = separator < 0 ? place.lowers.length : separator;
  return {
    format: 'overlay',
    branches: [
      { path: bytesFromText(place.upper), role: 'upper', whiteouts: true },
      ...place.lowers.flatMap((lower, i): Branch[] =>
        lower === ''
          ? []
          : [{ path: bytesFromText(lower), role: i < dataFrom ? 'lower' : 'data', whiteouts: true }],
      ),
    ],
    work: bytesFromText(place.work),
    options: {
      userxattr: options.includes('userxattr'),
      index: isOn(options, 'index'),
      nfsExport: isOn(options, 'nfs_export'),
      metacopy: isOn(options, 'metacopy'),
      redirectDir: redirect as OverlayOptions['redirectDir'],
      volatile: options.includes('volatile'),
      uuidOff: options.includes('uuid=off'),
    },
    mounted: undefined,
  };
}

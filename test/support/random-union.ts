import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type LoopImage, packLoopImage, type ReadOnlyFileSystem } from './loop-image.js';
import { type OverlayPlace, overlayPlace, whileMounted } from './overlay-place.js';
import { Random } from './random.js';
import { buildRandomLower } from './random-lower.js';
import { operate } from './random-operations.js';
import { strew } from './strew.js';
import { useXattrWhiteouts } from './xattr-whiteouts.js';

/** Sets of options that the kernel takes together. */
const profiles = {
  plain: ['redirect_dir=off', 'metacopy=off'],
  redirect: ['redirect_dir=on', 'metacopy=off'],
  metacopy: ['redirect_dir=on', 'metacopy=on'],
  nfsExport: ['redirect_dir=on', 'metacopy=off', 'nfs_export=on'],
  userxattr: ['userxattr'],
} as const;

export type Profile = keyof typeof profiles;

/** A union with a past: what a seed gives. */
export interface RandomUnion {
  readonly place: OverlayPlace;
  readonly profile: Profile;
  /** Mount options, `index=` not among them. */
  readonly options: readonly string[];
  /** A session with index=off was among them: names can have left their group since. */
  readonly hadIndexOff: boolean;
  /** What was done, a line each. */
  readonly story: readonly string[];
  dispose(): void;
}

export interface RandomUnionRoots {
  /** Upper and work are made here; must be empty. */
  readonly upper: string;
  /** Lowers are made here; may be the same directory. */
  readonly lower: string;
  /** The bottom lower is packed into a read-only file system of this type. */
  readonly packed?: ReadOnlyFileSystem | undefined;
}

/** Builds lowers and runs random sessions through real mounts; leaves the union unmounted. */
export function buildRandomUnion(seed: number, roots: RandomUnionRoots): RandomUnion {
  const random = new Random(seed);
  const profile = random.pick([
    'plain',
    'redirect',
    'redirect',
    'metacopy',
    'nfsExport',
    'userxattr',
  ] as const);
  // What came later has numbers of its own, so that a seed stays what it was in everything else.
  const later = new Random(seed ^ 0xe47a);
  const options = [...profiles[profile], ...(later.chance(20) ? [later.pick(['xino=on', 'xino=auto'])] : [])];
  const story = [`profile ${profile}${roots.packed === undefined ? '' : `, ${roots.packed}`}`];
  const images: LoopImage[] = [];
  const directory = (root: string, name: string): string => {
    mkdirSync(join(root, name), { recursive: true });
    return join(root, name);
  };
  // user.* may not stand on a symlink, fifo or device, so the kernel itself fails to copy such a group up.
  const traits = { special: profile !== 'userxattr', packed: roots.packed !== undefined };
  const outside = directory(roots.lower, 'outside');
  const build = (name: string): string => {
    const root = directory(roots.lower, name);
    buildRandomLower(root, outside, random, traits);
    return root;
  };
  const session = (place: OverlayPlace, index: 'on' | 'off'): void => {
    const words = options.filter((word) => index === 'on' || word !== 'nfs_export=on');
    story.push(`session index=${index} over ${place.lowers.length}`);
    const count = random.between(4, 14);
    const all = [`index=${index}`, ...words];
    story.push(...whileMounted(place, all, (view) => operate(view, count, random, traits.special)));
  };

  const lowers = [build('lower0')];
  if (roots.packed !== undefined) {
    const image = packLoopImage(roots.packed, join(roots.lower, 'lower0'));
    images.push(image);
    lowers[0] = image.mountpoint;
  }
  try {
    for (let extra = random.pick([0, 0, 1, 1, 2]), i = 1; i <= extra; i++) {
      if (random.chance(30)) {
        story.push('another lower on top');
        lowers.unshift(build(`lower${i}`));
        const [top = '', below = ''] = lowers;
        if (roots.packed === undefined && later.chance(60)) story.push(...strew(below, top, later));
        continue;
      }
      story.push('a former upper on top');
      const former = overlayPlace(directory(roots.upper, `former${i}`), [...lowers]);
      session(former, random.chance(75) ? 'on' : 'off');
      if (later.chance(40))
        story.push(...useXattrWhiteouts(former.upper, lowers[0] ?? '', prefixOf(options)));
      lowers.unshift(former.upper);
    }
    const place = overlayPlace(roots.upper, lowers);
    const sessions = random.between(1, 3);
    const off = sessions > 1 && random.chance(25) ? random.between(1, sessions - 1) : -1;
    for (let i = 0; i < sessions; i++) session(place, i === off ? 'off' : 'on');
    return {
      place,
      profile,
      options,
      hadIndexOff: off >= 0,
      story,
      dispose() {
        for (const image of images) image.dispose();
      },
    };
  } catch (error) {
    for (const image of images) image.dispose();
    throw new Error(`${(error as Error).message}\n${story.join('\n')}`, { cause: error });
  }
}

const prefixOf = (options: readonly string[]): string =>
  options.includes('userxattr') ? 'user.overlay.' : 'trusted.overlay.';

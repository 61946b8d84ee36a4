import { Problem } from '../problem.js';
import { auplink } from './personality/auplink.js';
import { fsckOverlay } from './personality/fsck-overlay.js';
import { mountAufs } from './personality/mount-aufs.js';
import type { Personality } from './personality/personality.js';
import { umountAufs } from './personality/umount-aufs.js';
import { umountOverlay } from './personality/umount-overlay.js';

/** By the name under which the program is called. */
export const personalities: Readonly<Record<string, () => Promise<Personality>>> = {
  auplink: async () => auplink,
  'mount.aufs': async () => mountAufs,
  'umount.aufs': async () => umountAufs,
  'umount.overlay': async () => umountOverlay,
  'fsck.overlay': async () => fsckOverlay,
};

/** A personality and the arguments that are left for it. */
export interface Chosen {
  readonly load: () => Promise<Personality>;
  readonly argv: readonly string[];
}

/**
 * The personality that `argv0` or `plinkctl as NAME` chooses; undefined for plinkctl itself.
 *
 * @throws Problem `usage` for a NAME that there is not
 */
export function personalityOf(
  argv0: string,
  argv: readonly string[],
  table = personalities,
): Chosen | undefined {
  const called = argv0.slice(argv0.lastIndexOf('/') + 1);
  if (Object.hasOwn(table, called)) {
    const load = table[called];
    if (load !== undefined) return { load, argv };
  }
  if (argv[0] !== 'as') return undefined;
  const [, name = '', ...rest] = argv;
  const load = Object.hasOwn(table, name) ? table[name] : undefined;
  if (load !== undefined) return { load, argv: rest };
  throw new Problem(
    'usage',
    'unknown-personality',
    `plinkctl cannot be called as ${name === '' ? 'nothing' : name}`,
    {
      hint: `it knows ${Object.keys(table).join(', ')}`,
    },
  );
}

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
 * The personality that `argv0` or `plinkctl as NAME` chooses; undefined for plinkctl itself, and for the help of `as`.
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
  if (name === '--help' || name === '-h') return undefined;
  const hint = `it knows ${Object.keys(table).join(', ')}`;
  if (name === '') {
    throw new Problem('usage', 'unknown-personality', 'no program is named: plinkctl as NAME …', { hint });
  }
  const load = Object.hasOwn(table, name) ? table[name] : undefined;
  if (load !== undefined) return { load, argv: rest };
  throw new Problem('usage', 'unknown-personality', `plinkctl cannot be called as ${name}`, { hint });
}

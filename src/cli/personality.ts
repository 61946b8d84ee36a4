import { Problem } from '../problem.js';
import type { Streams } from './context.js';

/** Another program's arguments, messages and exit codes over the same core. */
export interface Personality {
  /** @returns the exit code, in that program's own numbers */
  run(argv: readonly string[], streams: Streams, signal: AbortSignal): Promise<number>;
}

/** By the name under which the program is called; each is loaded when it is. */
export const personalities: Readonly<Record<string, () => Promise<Personality>>> = {
  auplink: async () => (await import('./personality/auplink.js')).auplink,
  'mount.aufs': async () => (await import('./personality/mount-aufs.js')).mountAufs,
  'umount.aufs': async () => (await import('./personality/umount-aufs.js')).umountAufs,
  'umount.overlay': async () => (await import('./personality/umount-overlay.js')).umountOverlay,
  'fsck.overlay': async () => (await import('./personality/fsck-overlay.js')).fsckOverlay,
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

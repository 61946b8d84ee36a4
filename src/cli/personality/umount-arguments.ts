import { Problem } from '../../problem.js';
import type { Bytes } from '../../sys/bytes.js';
import { shortOptions } from './short-options.js';

/** What umount(8) tells its helpers: `{DIR|DEVICE} [-flnrv] [-N NAMESPACE] [-t TYPE.SUBTYPE]`. */
export interface UmountArguments {
  readonly target: Bytes;
  readonly verbose: boolean;
  /** Another mount namespace, by pid or path. */
  readonly namespace: Bytes | undefined;
  /** For `umount`, with `-i` so that it does not come back to the helper. */
  readonly words: readonly Bytes[];
}

/** @throws Problem `usage` */
export function umountArguments(argv: readonly Bytes[]): UmountArguments {
  const { flags, values, words } = shortOptions(argv, 'flnrvicd', 'Nt');
  const [target, ...more] = words;
  if (target === undefined || more.length > 0) {
    throw new Problem('usage', 'usage', 'usage: DIR [-flnrv] [-N NAMESPACE] [-t TYPE]');
  }
  const namespace = values.get('N')?.at(-1);
  const passed = [...new Set(flags)].filter((flag) => flag !== 'i').map((flag) => `-${flag}` as Bytes);
  return {
    target,
    verbose: flags.includes('v'),
    namespace,
    words: [
      '-i' as Bytes,
      ...passed,
      ...(namespace === undefined ? [] : ['-N' as Bytes, namespace]),
      '--' as Bytes,
      target,
    ],
  };
}

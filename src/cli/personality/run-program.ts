import { type Bytes, toBuffer } from '../../sys/bytes.js';
import { textOf } from '../../words/shown.js';
import { mountStatus } from './mount-status.js';

/** Where mount(8) and umount(8) are; an initramfs or a unit may have no PATH. */
const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Runs a program with this process' own standard streams.
 *
 * @returns its exit status; 2 where it could not be run or was killed
 */
export function runProgram(
  program: string,
  args: readonly Bytes[],
  env: Readonly<Record<string, string | undefined>>,
): number {
  const texts = args.map(textOf);
  const told = texts.every((text) => text !== undefined);
  // Node encodes arguments as UTF-8: the shell makes those that are not.
  const [command, words] = told
    ? [program, texts as string[]]
    : ['/bin/sh', ['-c', shellLine(program, args)]];
  // Asked for here: it costs 1 ms of every start.
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const { status } = spawnSync(command, words, {
    stdio: 'inherit',
    env: { ...env, PATH: `${env.PATH ?? ''}:${PATH}`.replace(/^:/, '') },
  });
  return status ?? mountStatus.system;
}

/** Each argument in a variable of its own: `$(…)` drops newlines at the end, so an x stands there meanwhile. */
function shellLine(program: string, args: readonly Bytes[]): string {
  const set = args.map((word, i) => {
    const octal = [...toBuffer(word)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
    return `a${i}=$(printf '${octal}x'); a${i}=\${a${i}%x};`;
  });
  return [...set, `exec ${program}`, ...args.map((_, i) => `"$a${i}"`)].join(' ');
}

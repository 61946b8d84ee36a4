import { type Bytes, bytesFromText } from '../../sys/bytes.js';
import { spawnWords } from '../spawn-words.js';
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
  const [command, words] = spawnWords(bytesFromText(program), args);
  // Asked for here: it costs 1 ms of every start.
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const { status } = spawnSync(command, words, {
    stdio: 'inherit',
    env: { ...env, PATH: `${env.PATH ?? ''}:${PATH}`.replace(/^:/, '') },
  });
  return status ?? mountStatus.system;
}

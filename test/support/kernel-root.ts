import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Bytes, bytesFromText } from '../../src/sys/bytes.js';

/** What a made-up kernel tells. */
export interface KernelFiles {
  /** Lines of `/proc/self/mountinfo`. */
  readonly mounts?: readonly string[];
  /** Processes in mount namespaces of their own, with their mountinfo. */
  readonly processes?: Readonly<Record<number, readonly string[]>>;
  /** Other files by path below the root, such as `etc/fstab`. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Writes kernel files below `directory`, to be given as kernel root. */
export function kernelRoot(
  directory: string,
  { mounts = [], processes = {}, files = {} }: KernelFiles,
): Bytes {
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  };
  const process = (pid: string, lines: readonly string[], namespace: string): void => {
    write(`proc/${pid}/mountinfo`, lines.map((line) => `${line}\n`).join(''));
    mkdirSync(join(directory, 'proc', pid, 'ns'));
    symlinkSync(`mnt:[${namespace}]`, join(directory, 'proc', pid, 'ns/mnt'));
    symlinkSync('/', join(directory, 'proc', pid, 'root'));
  };
  process('self', mounts, '1');
  for (const [pid, lines] of Object.entries(processes)) process(pid, lines, `${pid}000`);
  for (const [path, text] of Object.entries(files)) write(path, text);
  return bytesFromText(directory);
}

import { lstatSync } from 'node:fs';
import { Problem } from '../problem.js';
import { type Bytes, bytesFromText, joinBytes, toBuffer } from '../sys/bytes.js';
import { makePrivateDirectories } from '../sys/make-private-directories.js';
import { absolutePath } from '../union/absolute-path.js';

/**
 * Where records are kept: `/var/lib/plinkctl` for root, `$XDG_STATE_HOME/plinkctl` for others.
 *
 * @param given - value of `--state-dir`
 */
export function stateDirectoryPath(given?: Bytes): Bytes {
  if (given !== undefined) return absolutePath(given);
  if (process.geteuid?.() === 0) return '/var/lib/plinkctl' as Bytes;
  const state = process.env.XDG_STATE_HOME;
  // The XDG specification has relative paths ignored.
  const base =
    state?.startsWith('/') === true ? state : `${process.getBuiltinModule('node:os').homedir()}/.local/state`;
  return joinBytes(bytesFromText(base), 'plinkctl' as Bytes);
}

/**
 * Whether the directory is there.
 *
 * @throws Problem operational `state-directory` where somebody else may write to it: what it says decides what is
 *   linked and removed
 */
export function hasStateDirectory(path: Bytes): boolean {
  let facts: ReturnType<typeof lstatSync>;
  try {
    facts = lstatSync(toBuffer(path));
  } catch (error) {
    // A home that this user may not enter, as under su, holds no record of his.
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
  const own = facts.uid === process.geteuid?.() || facts.uid === 0;
  if (facts.isDirectory() && own && (facts.mode & 0o022) === 0) return true;
  throw new Problem('operational', 'state-directory', 'the state directory is not this user’s alone', {
    path,
    hint: 'make it a directory of its user with mode 0700, or give another with --state-dir',
  });
}

/** Makes the directory, for its owner alone, where it is not there. */
export function makeStateDirectory(path: Bytes): void {
  const mask = process.umask(0o077);
  try {
    makePrivateDirectories(path);
  } finally {
    process.umask(mask);
  }
  hasStateDirectory(path);
}

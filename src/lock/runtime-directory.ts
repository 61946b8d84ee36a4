import { join } from 'node:path';

type FileSystem = typeof import('fs-extra');

/** Where the lock's companions lie: a directory that only this user can write to, away from the branches. */
export interface RuntimeDirectory {
  readonly path: string;
  readonly fs: FileSystem;
}

const PRIVATE = 0o700;

/**
 * The runtime directory, made if need be: `/run/plinkctl` for root, `$XDG_RUNTIME_DIR/plinkctl` for others, and
 * `plinkctl-UID` in the temporary directory where those cannot be had.
 *
 * @param path - another place
 * @returns undefined where none can be had that is private; the lock itself does not need one
 */
export async function runtimeDirectory(path?: string): Promise<RuntimeDirectory | undefined> {
  const { default: fs } = await import('fs-extra');
  const uid = process.geteuid?.() ?? 0;
  const found = (path === undefined ? candidates(uid) : [path]).find((each) => isPrivate(fs, each, uid));
  return found === undefined ? undefined : { path: found, fs };
}

function candidates(uid: number): string[] {
  const session = process.env.XDG_RUNTIME_DIR;
  // sudo may hand down the user's XDG_RUNTIME_DIR: root keeps out of it.
  const own = uid === 0 ? ['/run/plinkctl'] : session === undefined ? [] : [join(session, 'plinkctl')];
  return [...own, join(process.getBuiltinModule('node:os').tmpdir(), `plinkctl-${uid}`)];
}

function isPrivate(fs: FileSystem, path: string, uid: number): boolean {
  try {
    fs.mkdirSync(path, { mode: PRIVATE });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
  }
  try {
    // In a world-writable parent somebody else may have been first, with a directory or a symlink.
    const facts = fs.lstatSync(path);
    return facts.isDirectory() && facts.uid === uid && (facts.mode & 0o077) === 0;
  } catch {
    return false;
  }
}

import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Bytes, bytesFromText } from '../sys/bytes.js';
import { fileSystemOf, magic } from '../sys/filesystem.js';
import { O_DIRECTORY, O_PATH, openTrusted, withFd } from '../sys/open.js';

/** Empty directories for a mount that is going to be refused. */
export interface ScratchDirectory {
  readonly lower: Bytes;
  readonly work: Bytes;
  readonly target: Bytes;
}

// overlayfs refuses a work directory on FUSE, NFS or another overlay before it looks at anything else; a
// container's /tmp often is an overlay.
const suitable = new Set<bigint>([magic.tmpfs, magic.ext4, magic.xfs, magic.btrfs]);

const PREFIX = 'plinkctl-probe-';
const FORGOTTEN_MS = 3_600_000;

/**
 * Runs `body` with a private scratch directory (0700) on a file system that overlayfs takes, and removes it.
 *
 * @returns undefined where there is no such place
 */
export function withScratchDirectory<T>(body: (scratch: ScratchDirectory) => T): T | undefined {
  for (const parent of ['/dev/shm', '/run', process.getBuiltinModule('node:os').tmpdir()]) {
    if (!isSuitable(parent)) continue;
    removeForgotten(parent);
    const base = makeUnder(parent);
    if (base === undefined) continue;
    const parts = partsOf(base);
    try {
      for (const part of parts) mkdirSync(part, { mode: 0o700 });
      const [lower, work, target] = parts.map(bytesFromText) as [Bytes, Bytes, Bytes];
      return body({ lower, work, target });
    } finally {
      // Only empty directories are removed: nothing below may ever be somebody's data.
      for (const part of [...parts, base]) removeEmpty(part);
    }
  }
  return undefined;
}

function isSuitable(directory: string): boolean {
  try {
    return withFd(openTrusted(bytesFromText(directory), O_PATH | O_DIRECTORY), (fd) => {
      const { type, readOnly } = fileSystemOf(fd);
      return !readOnly && suitable.has(type);
    });
  } catch {
    return false;
  }
}

const partsOf = (base: string): string[] => ['lower', 'work', 'target'].map((name) => join(base, name));

function makeUnder(parent: string): string | undefined {
  try {
    return mkdtempSync(join(parent, PREFIX));
  } catch {
    return undefined;
  }
}

/**
 * What a process left that was killed between making and removing: this user's own, empty, and so old that no process
 * is still at it (a probe takes a millisecond).
 */
function removeForgotten(parent: string): void {
  try {
    for (const name of readdirSync(parent)) {
      if (!name.startsWith(PREFIX)) continue;
      const base = join(parent, name);
      const { uid, ctimeMs } = lstatSync(base);
      if (uid !== process.geteuid?.() || Date.now() - ctimeMs < FORGOTTEN_MS) continue;
      for (const each of [...partsOf(base), base]) removeEmpty(each);
    }
  } catch {
    // Another process was faster, or the directory cannot be listed.
  }
}

function removeEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // Never made, or not empty.
  }
}

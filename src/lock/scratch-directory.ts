import { mkdirSync, mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
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

/**
 * Runs `body` with a private scratch directory (0700) on a file system that overlayfs takes, and removes it.
 *
 * @returns undefined where there is no such place
 */
export function withScratchDirectory<T>(body: (scratch: ScratchDirectory) => T): T | undefined {
  for (const parent of ['/dev/shm', '/run', tmpdir()]) {
    const base = isSuitable(parent) ? makeUnder(parent) : undefined;
    if (base === undefined) continue;
    const parts = ['lower', 'work', 'target'].map((name) => join(base, name));
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

function makeUnder(parent: string): string | undefined {
  try {
    return mkdtempSync(join(parent, 'plinkctl-probe-'));
  } catch {
    return undefined;
  }
}

function removeEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // Never made, or not empty.
  }
}

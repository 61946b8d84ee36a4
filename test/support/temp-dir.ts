import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mountsBelow } from './mountinfo.js';
import { unmount } from './unmount.js';

/** A new directory of a test's own. */
export interface TempDir {
  readonly path: string;
  /** Unmounts whatever is still mounted below, then removes all of it. A second call does nothing. */
  dispose(): void;
}

/**
 * @param prefix - tells the directories of different tests apart
 * @param parent - where to make it; the system's temporary directory unless told
 */
export function tempDir(prefix = 'test', parent: string = tmpdir()): TempDir {
  const path = mkdtempSync(join(parent, `plinkctl-${prefix}-`));
  return {
    path,
    dispose() {
      for (const mountpoint of mountsBelow(path)) unmount(mountpoint);
      // rm would go down into a mount that stayed, and delete what is on it.
      const left = mountsBelow(path);
      if (left.length > 0) throw new Error(`still mounted, so not removed: ${left.join(', ')}`);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { command } from './command.js';
import { makeLoopImage, type WritableFileSystem } from './loop-image.js';
import { tempDir } from './temp-dir.js';

const MIB = 1024 * 1024;

export type ScratchType = WritableFileSystem | 'tmpfs';

/** One empty file system of each type for many tests: making one costs more than most tests. */
export interface FileSystems {
  /** A new empty directory on that file system. */
  directory(type: ScratchType, name: string): string;
  /** Removes such a directory; names in it may be any bytes, which node's own rm cannot do. */
  clear(directory: string): void;
  dispose(): void;
}

/** Mounts the file systems of `types`. */
export function mountFileSystems(types: readonly ScratchType[]): FileSystems {
  const roots = new Map<ScratchType, string>();
  const disposals: (() => void)[] = [];
  for (const type of new Set(types)) {
    if (type === 'tmpfs') {
      const directory = tempDir('tmpfs');
      command('mount', '-t', 'tmpfs', 'tmpfs', directory.path);
      roots.set(type, directory.path);
      disposals.push(() => directory.dispose());
    } else {
      const image = makeLoopImage(type, { bytes: 512 * MIB });
      roots.set(type, image.mountpoint);
      disposals.push(() => image.dispose());
    }
  }
  return {
    directory(type, name) {
      const directory = join(roots.get(type) ?? '', name);
      mkdirSync(directory);
      return directory;
    },
    clear: (directory) => void command('rm', '-rf', directory),
    dispose() {
      for (const dispose of disposals) dispose();
    },
  };
}

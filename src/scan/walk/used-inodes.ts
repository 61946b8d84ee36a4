import type { Bytes } from '../../sys/bytes.js';
import { fileSystemOf } from '../../sys/filesystem.js';
import { stat } from '../../sys/stat.js';
import { SysError } from '../../sys/sys-error.js';

/**
 * Inodes in use on the file systems of some open directories: about how many names a walk can meet at most. undefined
 * where one of them keeps no count, as btrfs does.
 */
export function usedInodes(roots: readonly number[]): number | undefined {
  const counts = new Map<bigint, bigint>();
  try {
    for (const root of roots) {
      const { totalInodes, freeInodes } = fileSystemOf(root);
      counts.set(stat(root, '' as Bytes).dev, totalInodes - freeInodes);
    }
  } catch (error) {
    if (error instanceof SysError) return undefined;
    throw error;
  }
  const used = [...counts.values()];
  return used.every((count) => count > 0n) ? Number(used.reduce((sum, count) => sum + count, 0n)) : undefined;
}

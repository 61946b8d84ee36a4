import type { Bytes } from '../../sys/bytes.js';
import { fileSystemOf } from '../../sys/filesystem.js';
import { stat } from '../../sys/stat.js';
import { SysError } from '../../sys/sys-error.js';
import type { Layer } from '../../union/view-rules.js';

/** Inodes in use on the file systems of some layers; undefined where one keeps no count, as btrfs. */
export function usedInodes(layers: readonly Layer[]): number | undefined {
  const counts = new Map<bigint, number>();
  try {
    for (const { root } of layers) {
      const { totalInodes, freeInodes } = fileSystemOf(root);
      if (totalInodes === 0n) return undefined;
      counts.set(stat(root, '' as Bytes).dev, Number(totalInodes - freeInodes));
    }
  } catch (error) {
    if (error instanceof SysError) return undefined;
    throw error;
  }
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

import { ascii } from '../../sys/bytes.js';
import { fileSystemUuid } from '../../sys/filesystem.js';
import { stat } from '../../sys/stat.js';
import type { Layer } from '../../union/view-rules.js';
import type { Ext4Search } from '../ext4/search-ext4.js';

/** What is to be looked for on the device of some ext4 layers. */
export function searchOnDevice(
  dev: bigint,
  layers: readonly Layer[],
  inodes: ReadonlySet<number>,
): Ext4Search {
  return {
    dev,
    uuid: layers[0] === undefined ? undefined : fileSystemUuid(layers[0].root)?.toString('hex'),
    roots: layers.map(rootInode),
    inodes: [...inodes].sort((a, b) => a - b),
  };
}

/** The inode of a layer's root, by which what is found tells which layer it is in. */
export function rootInode({ root }: Layer): number {
  return Number(stat(root, ascii('')).ino);
}

import type { Bytes } from '../../sys/bytes.js';
import type { InodeId } from '../../sys/inode-id.js';
import type { SeenSpot } from '../repair-action.js';

/** An upper file, for a repair. */
export function upperSpot(path: Bytes, { dev, ino }: InodeId): SeenSpot {
  return { in: 'branch', branch: 0, path, inode: { dev, ino } };
}

import type { SeenSpot } from '../repair-action.js';
import type { IndexEntry } from '../result.js';

/** Where an entry of the index is, for a repair. */
export function entrySpot({ branch, name, inode: { dev, ino } }: IndexEntry): SeenSpot {
  return { in: 'index', branch, path: name, inode: { dev, ino } };
}

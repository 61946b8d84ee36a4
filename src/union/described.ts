import type { Bytes } from '../sys/bytes.js';
import type { Branch, MountPoint, OverlayOptions } from './union.js';

/** A union as the kernel, fstab or a command line tells it, before anything is asked of the disk. */
export interface DescribedUnion {
  readonly format: 'aufs' | 'overlay';
  /** Top first; paths as they were written, perhaps relative. */
  readonly branches: readonly Branch[];
  /** Overlay's work directory. */
  readonly work: Bytes | undefined;
  readonly options: OverlayOptions;
  readonly mounted: MountPoint | undefined;
  /** The aufs' id in `/sys/fs/aufs`, 16 hex digits, while it is mounted. */
  readonly si: string | undefined;
}

import type { MountedRoots } from '../../scan/mounted-aufs/look-at-plinks.js';
import type { MountedEntry } from '../../scan/mounted-aufs/mounted-aufs-entry.js';
import type { Shown } from '../../scan/walk/mount-walk.js';
import type { Bytes } from '../../sys/bytes.js';

/** One pseudo-link on its way. */
export interface PlinkRun {
  /** As it was when the work began. */
  readonly before: MountedEntry;
  /** As it is after the links. */
  after: MountedEntry;
  readonly restored: Bytes[];
  removed: boolean;
  failure: string | undefined;
}

/** What is to be done while the maintenance mode is on. */
export interface Session {
  readonly roots: MountedRoots;
  readonly goal: 'restore' | 'flush';
  /** The names that were found before the mode was entered. */
  readonly shown: Shown;
  /** Something of the union is out of sight: the kernel must not forget its pseudo-links. */
  readonly outOfSight: boolean;
  /** Whether the time is up; asked between names. */
  expired(): boolean;
}

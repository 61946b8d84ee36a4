import type { Bytes } from '../sys/bytes.js';

/** One directory tree of a union. */
export interface Branch {
  /** Absolute path as this process reaches it (for a mount in another namespace: through `/proc/PID/root`). */
  readonly path: Bytes;
  /**
   * `upper`: writable, holds an index. `lower`: read-only, searched by name. `data`: overlay's data-only lower,
   * reached by absolute redirects alone.
   */
  readonly role: 'upper' | 'lower' | 'data';
  /** Whether whiteouts in it hide names: false for an aufs branch that is `=ro` or `=rr` without `+wh`. */
  readonly whiteouts: boolean;
}

/** Where a union is mounted, if it is. */
export interface MountPoint {
  /** Reachable path of the mount point. */
  readonly path: Bytes;
  readonly dev: bigint;
  readonly readOnly: boolean;
  /** Process through whose root it is reached; undefined in this process' own mount namespace. */
  readonly pid: number | undefined;
  /** aufs: mounted with `noplink`, so that it makes no pseudo-links. */
  readonly noplink?: boolean;
}

/** What mount options say about an overlay; undefined where they were not given. */
export interface OverlayOptions {
  readonly userxattr: boolean;
  readonly index: boolean | undefined;
  readonly nfsExport: boolean | undefined;
  readonly metacopy: boolean | undefined;
  readonly redirectDir: 'on' | 'off' | 'follow' | 'nofollow' | undefined;
  readonly volatile: boolean;
  /** `uuid=off`: handles carry a zero UUID. */
  readonly uuidOff: boolean;
}

export interface OverlayUnion {
  readonly format: 'overlay';
  /** The upper first, then the lowers, top first, then data-only lowers. */
  readonly branches: readonly Branch[];
  /** The work directory (the one that holds `work` and `index`). */
  readonly work: Bytes;
  readonly options: OverlayOptions;
  readonly mounted: MountPoint | undefined;
}

export interface AufsUnion {
  readonly format: 'aufs';
  /** Top first; several may be `upper`. */
  readonly branches: readonly Branch[];
  readonly mounted: (MountPoint & { /** 16 hex digits. */ readonly si: string }) | undefined;
}

export type Union = OverlayUnion | AufsUnion;

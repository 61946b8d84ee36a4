import { command } from './command.js';
import { unmount } from './unmount.js';

export interface OverlayMountOptions {
  /** The lower layers, the topmost first. */
  readonly lowers: readonly string[];
  /** Without an upper layer the mount is read-only. */
  readonly upper?: string;
  readonly work?: string;
  /** Further options in the words of mount(8), for instance `['index=on', 'nfs_export=on']`. */
  readonly options?: readonly string[];
  /** The mount point; it must exist. */
  readonly target: string;
}

export interface OverlayMount {
  readonly target: string;
  unmount(): void;
}

/** Mounts an overlay by mount(8). */
export function mountOverlay(overlay: OverlayMountOptions): OverlayMount {
  command('mount', '-t', 'overlay', '-o', overlayOptions(overlay), 'overlay', overlay.target);
  return { target: overlay.target, unmount: () => unmount(overlay.target) };
}

/** The value of `-o` for a mount of `overlay`. */
export function overlayOptions(overlay: Omit<OverlayMountOptions, 'target'>): string {
  return [
    `lowerdir=${overlay.lowers.map(escapeLayer).join(':')}`,
    ...(overlay.upper === undefined ? [] : [`upperdir=${escapeLayer(overlay.upper)}`]),
    ...(overlay.work === undefined ? [] : [`workdir=${escapeLayer(overlay.work)}`]),
    ...(overlay.options ?? []),
  ].join(',');
}

/** Overlayfs splits its options at commas and its lowers at colons, and takes a backslash as an escape. */
function escapeLayer(path: string): string {
  return path.replace(/[\\:,]/g, '\\$&');
}

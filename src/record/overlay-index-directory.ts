import { INDEX } from '../scan/overlay/overlay-index.js';
import { openDirectory, withFd } from '../sys/open.js';
import { openQuietly } from '../union/open-layer-directory.js';
import type { OverlayUnion } from '../union/union.js';

/** Opens an overlay's index directory for reading; the caller closes it. */
export function openOverlayIndex({ work }: OverlayUnion): number {
  return withFd(openDirectory(work), (fd) => openQuietly(fd, INDEX));
}

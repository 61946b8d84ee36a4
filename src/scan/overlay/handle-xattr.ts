import { ascii } from '../../sys/bytes.js';
import { getXattr } from '../../sys/xattr.js';
import { type OverlayHandle, parseOverlayHandle } from '../../union/overlay-handle.js';

/** The handle in an attribute of an open directory; undefined where there is none that can be read. */
export function handleXattr(fd: number, attribute: string): OverlayHandle | undefined {
  const blob = getXattr(fd, ascii(''), attribute);
  const parsed = blob === undefined || blob.length === 0 ? undefined : parseOverlayHandle(blob);
  return typeof parsed === 'string' ? undefined : parsed;
}

import type { OverlayHandle } from '../../union/overlay-handle.js';
import type { HandleLayer } from '../overlay/overlay-layers.js';

/** Whether a file may be one of a layer's file system. */
export function mayBeIn(layer: HandleLayer, origin: OverlayHandle): boolean {
  return layer.uuid === undefined || layer.uuid.equals(origin.uuid);
}

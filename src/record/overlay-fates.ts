import { type NameFate, nameFate } from '../scan/name-fate.js';
import { openOverlayLayers } from '../scan/overlay/overlay-layers.js';
import type { Bytes } from '../sys/bytes.js';
import { isSysError } from '../sys/sys-error.js';
import { overlayRules } from '../union/overlay-rules.js';
import type { OverlayUnion } from '../union/union.js';

/**
 * Calls `body` with a function that tells what became of names of an overlay; undefined for a name on whose way a
 * directory cannot be looked into.
 */
export function withFates<T>(
  union: OverlayUnion,
  body: (fate: (path: Bytes) => NameFate | undefined) => T,
): T {
  const overlay = openOverlayLayers(union);
  try {
    const { prefix, traps } = overlay;
    const { roots } = overlay.layers;
    const rules = overlayRules({ prefix, noFollow: false, roots, traps });
    return body((path) => {
      try {
        return nameFate(roots, rules, path);
      } catch (error) {
        if (isSysError(error)) return undefined;
        throw error;
      }
    });
  } finally {
    overlay.close();
  }
}

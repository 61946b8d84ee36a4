import { openLayerDirectory } from '../../union/open-layer-directory.js';
import type { LayerDirectory, ViewRules } from '../../union/view-rules.js';

/** One layer alone with everything in it: whiteouts and opaque marks hide nothing. */
export const bareRules: ViewRules = {
  lone: () => ({}),
  hides: () => false,
  decides: () => false,
  descend(stack, from, name): LayerDirectory[] {
    const parent = stack[from];
    return parent === undefined ? [] : [openLayerDirectory(parent, name)];
  },
};

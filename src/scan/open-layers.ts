import { Problem } from '../problem.js';
import { ascii } from '../sys/bytes.js';
import { close, openDirectory } from '../sys/open.js';
import { SysError } from '../sys/sys-error.js';
import type { Union } from '../union/union.js';
import type { Layer, LayerDirectory } from '../union/view-rules.js';

/** The roots of a union's branches, open. */
export interface OpenLayers {
  readonly all: readonly Layer[];
  /** The searched branches as the stack of the union's root directory. */
  readonly roots: readonly LayerDirectory[];
  close(): void;
}

/**
 * Opens the root of every branch.
 *
 * @throws Problem operational `branch`, naming the branch that cannot be opened
 */
export function openLayers(union: Union): OpenLayers {
  const all: Layer[] = [];
  const closeAll = (): void => {
    for (const { root } of all.splice(0)) close(root);
  };
  for (const [branch, { path, role, whiteouts }] of union.branches.entries()) {
    try {
      all.push({ branch, path, role, whiteouts, root: openDirectory(path) });
    } catch (error) {
      closeAll();
      if (!(error instanceof SysError)) throw error;
      throw new Problem('operational', 'branch', `cannot open the ${role} branch: ${error.meaning}`, {
        path,
        cause: error,
        hint: error.code === 'EACCES' ? 'run it as root, or as the owner of the branches' : undefined,
      });
    }
  }
  const layers = [...all];
  const roots = layers
    .filter(({ role }) => role !== 'data')
    .map((layer) => ({ layer, fd: layer.root, real: ascii('') }));
  return { all: layers, roots, close: closeAll };
}

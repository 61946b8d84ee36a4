import { close, openDirectory } from '../sys/open.js';
import type { Union } from '../union/union.js';
import { usedInodes } from './walk/used-inodes.js';

/** About how many names a walk of all branches can meet at most; undefined where nothing tells. */
export function mostNames({ branches }: Union): number | undefined {
  const roots: number[] = [];
  try {
    for (const { path } of branches) roots.push(openDirectory(path));
    return usedInodes(roots);
  } finally {
    for (const root of roots) close(root);
  }
}

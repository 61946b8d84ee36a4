import type { Bytes } from '../../sys/bytes.js';
import { type InodeId, type InodeKey, inodeKey } from '../../sys/inode-id.js';
import { type Facts, factsIfThere, isDirectory } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import { aufsRules } from '../../union/aufs-rules.js';
import type { LayerDirectory, Stack } from '../../union/view-rules.js';
import { refuseCovered } from '../refuse-covered.js';
import type { BranchPath } from '../result.js';

/** The lower file that a name would show if its upper file were not there. */
export interface Namesake extends BranchPath, InodeId {
  readonly stat: Facts;
}

/**
 * The lower file under a name, below a position of the stack; undefined where a whiteout or nothing is there.
 *
 * @param path - of the name, from the union's root
 * @throws SysError EXDEV where another file is mounted over it
 */
export function namesakeBelow(
  stack: Stack,
  position: number,
  name: Bytes,
  path: Bytes,
): Namesake | undefined {
  for (let below = position + 1; below < stack.length; below += 1) {
    const directory = stack[below] as LayerDirectory;
    if (aufsRules.hides(directory, name)) return undefined;
    const s = lookUp(directory.fd, name);
    if (s === undefined) continue;
    if (isDirectory(s)) return undefined;
    refuseCovered(directory, name, undefined);
    return {
      branch: directory.layer.branch,
      // An aufs shows every name where its branch has it: a text that is there already takes no memory.
      path,
      dev: s.dev,
      ino: s.ino,
      stat: s,
    };
  }
  return undefined;
}

function lookUp(fd: number, name: Bytes): Facts | undefined {
  try {
    return factsIfThere(fd, name);
  } catch (error) {
    if (isSysError(error, 'ENAMETOOLONG')) return undefined;
    throw error;
  }
}

/** A lower inode of one branch, as a map key. */
export function lowerKey(branch: number, id: InodeId): `${number}/${InodeKey}` {
  return `${branch}/${inodeKey(id)}`;
}

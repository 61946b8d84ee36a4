import type { Bytes } from '../sys/bytes.js';
import { statIfThere } from '../sys/stat.js';
import { isSysError } from '../sys/sys-error.js';
import type { LayerDirectory } from './view-rules.js';

/** Whether a layer directory holds a name, whatever it is. */
export function holdsName({ fd, names }: LayerDirectory, name: Bytes): boolean {
  if (names !== undefined) return names.has(name);
  try {
    return statIfThere(fd, name) !== undefined;
  } catch (error) {
    if (isSysError(error, 'ENAMETOOLONG')) return false;
    throw error;
  }
}

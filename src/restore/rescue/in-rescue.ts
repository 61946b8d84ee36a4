import { Problem } from '../../problem.js';
import type { Bytes } from '../../sys/bytes.js';
import { isSysError } from '../../sys/sys-error.js';

/**
 * Runs a step in the rescue directory: a failure that has nothing to do with the union.
 *
 * @throws Problem operational `rescue` where the directory is what has to be mended
 */
export async function inRescue<T>(path: Bytes, act: () => T | Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!isSysError(error, 'ENOSPC', 'EDQUOT', 'EROFS', 'EACCES')) throw error;
    throw new Problem(
      'operational',
      'rescue',
      `the rescue directory cannot be written to: ${error.meaning}`,
      {
        path,
        cause: error,
        hint: 'free some space there, or give another directory, then run the same command again',
      },
    );
  }
}

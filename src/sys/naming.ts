import { type Bytes, toBuffer } from './bytes.js';

/** Runs a step that works beside `file`, under a name that nobody gave: an error of it tells of `file`. */
export function naming<T>(file: Bytes, step: () => T): T {
  try {
    return step();
  } catch (error) {
    (error as { path?: Buffer }).path = toBuffer(file);
    throw error;
  }
}

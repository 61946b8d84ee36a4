import { mkdirSync } from 'node:fs';
import { type Bytes, parentOf, toBuffer } from './bytes.js';

const PRIVATE = 0o700;

/**
 * Makes a directory and those above it that are missing, each for its owner alone. Node's own recursive mkdir tries
 * for ever where a directory is there and says ENOENT to a new name, as /proc does.
 *
 * @param path - absolute; that it is there already is no error, whatever it is
 */
export function makePrivateDirectories(path: Bytes): void {
  try {
    makeOne(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || parentOf(path) === '') throw error;
    makePrivateDirectories(parentOf(path));
    makeOne(path);
  }
}

function makeOne(path: Bytes): void {
  try {
    mkdirSync(toBuffer(path), { mode: PRIVATE });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

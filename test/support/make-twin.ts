import { chmodSync, lstatSync, readFileSync, unlinkSync } from 'node:fs';
import { setTimes } from '../../src/sys/attributes.js';
import { bytesFromText } from '../../src/sys/bytes.js';
import { AT_FDCWD } from '../../src/sys/check.js';

/** Small acts on files that are to look like each other. */
export const makeTwin = {
  /** Gives `twin` the mode and the times of `model`. */
  attributes(model: string, twin: string): void {
    const { mode, atimeNs, mtimeNs } = lstatSync(model, { bigint: true });
    chmodSync(twin, Number(mode & 0o7777n));
    setTimes(AT_FDCWD, bytesFromText(twin), atimeNs, mtimeNs);
  },

  remove(path: string): void {
    unlinkSync(path);
  },

  exists(path: string): boolean {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  },

  /** What a file holds behind its first `offset` bytes. */
  textFrom(path: string, offset: number): string {
    return readFileSync(path, 'latin1').slice(offset);
  },
};

import { chmodSync, lstatSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimes } from '../../src/sys/attributes.js';
import { bytesFromText } from '../../src/sys/bytes.js';
import { AT_FDCWD } from '../../src/sys/check.js';
import { makeDev, S_IFBLK, S_IFIFO } from '../../src/sys/stat.js';
import { Place } from './place.js';

/** Makes a file at a path. */
export type Make = (path: string) => void;

export type SpecialKind = 'fifo' | 'symlink' | 'device';

/** Small acts on files that are to look like each other. */
export const makeTwin = {
  /** Gives `twin` the mode and the times of `model`. */
  attributes(model: string, twin: string): void {
    const { mode, atimeNs, mtimeNs } = lstatSync(model, { bigint: true });
    if (!lstatSync(twin).isSymbolicLink()) chmodSync(twin, Number(mode & 0o7777n));
    setTimes(AT_FDCWD, bytesFromText(twin), atimeNs, mtimeNs);
  },

  file(text: string): Make {
    return (path) => writeFileSync(path, text);
  },

  special(kind: SpecialKind): Make {
    if (kind === 'symlink') return (path) => symlinkSync('target', path);
    const [mode, dev] = kind === 'fifo' ? [S_IFIFO, 0n] : [S_IFBLK, makeDev(7, 200)];
    return (path) => new Place(dirname(path)).mknod(bytesFromText(basename(path)), mode | 0o600, dev);
  },

  inode(path: string): number {
    return lstatSync(path).ino;
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

import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { stripInode } from '../../src/restore/repair/strip-marks.js';
import type { Site } from '../../src/restore/site.js';
import { ascii, bytesFromText } from '../../src/sys/bytes.js';
import { close, openDirectory } from '../../src/sys/open.js';
import { interpose } from '../../src/sys/seam.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';

const EPERM = 1;
const site = { marks: { origin: 'user.overlay.origin', nlink: 'user.overlay.nlink' } } as Site;

let place: TempDir | undefined;
afterEach(() => {
  interpose(undefined);
  place?.dispose();
});

/** Takes the marks of a name that a kernel refuses to take any from. */
function strip(make: (path: string) => void): () => void {
  place = tempDir('strip-marks');
  make(join(place.path, 'name'));
  const directory = bytesFromText(place.path);
  return () => {
    const fd = openDirectory(directory);
    interpose(({ name }, proceed) => (name === 'removexattr' ? -EPERM : proceed()));
    try {
      stripInode(site, fd, ascii('name'));
    } finally {
      interpose(undefined);
      close(fd);
    }
  };
}

test('a symlink of an overlay with userxattr carries no marks, and none are missed', () => {
  expect(strip((path) => symlinkSync('target', path))).not.toThrow();
});

test('a directory whose marks cannot be taken away is told of', () => {
  expect(strip((path) => mkdirSync(path))).toThrow(/not permitted/);
});

import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Bytes } from '../../src/sys/bytes.js';
import { makePrivateDirectories } from '../../src/sys/make-private-directories.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';

let directory: TempDir;
const at = (path: string): Bytes => join(directory.path, path) as Bytes;

beforeEach(() => {
  directory = tempDir('private');
});

afterEach(() => directory.dispose());

test('makes what is missing, for its owner alone, and leaves what is there', () => {
  mkdirSync(at('there'), { mode: 0o755 });
  makePrivateDirectories(at('there/a/b'));
  makePrivateDirectories(at('there/a/b'));
  const modes = ['there', 'there/a', 'there/a/b'].map((path) => statSync(at(path)).mode & 0o777);
  expect(modes).toEqual([0o755, 0o700, 0o700]);
});

test('a directory that says ENOENT to every new name is an error, not an endless loop', () => {
  expect(() => makePrivateDirectories('/proc/nope/deeper' as Bytes)).toThrow(
    expect.objectContaining({ code: 'ENOENT' }),
  );
});

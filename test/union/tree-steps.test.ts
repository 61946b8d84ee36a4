import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { removeTree } from '../../src/restore/remove-tree.js';
import { ascii, bytesFromText } from '../../src/sys/bytes.js';
import { openDirectory, withFd } from '../../src/sys/open.js';
import { interpose } from '../../src/sys/seam.js';
import { treeSteps } from '../../src/union/tree-steps.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';
import { snapshot } from '../support/tree.js';
import { expectSameTree } from '../support/tree-diff.js';

const LEVELS = 60;
const levels = (count: number): string => Array(count).fill('d').join('/');

let temp: TempDir;
const at = (path: string): string => join(temp.path, path);

beforeEach(() => {
  temp = tempDir('tree-steps');
});
afterEach(() => {
  interpose(undefined);
  temp.dispose();
});

test('goes through a tree in order, each directory before and after what is in it', () => {
  mkdirSync(at('t/a/b'), { recursive: true });
  writeFileSync(at('t/a/b/f'), '');
  symlinkSync('/', at('t/a/b/link'));
  const steps = withFd(openDirectory(bytesFromText(temp.path)), (fd) =>
    Array.from(treeSteps(fd, ascii('t')), (step) => `${step.depth} ${step.at} ${step.name}`),
  );
  expect(steps.filter((step) => step.startsWith('3')).sort()).toEqual(['3 file f', '3 file link']);
  expect(steps.filter((step) => !step.startsWith('3'))).toEqual([
    '0 enter t',
    '1 enter a',
    '2 enter b',
    '2 leave b',
    '2 left b',
    '1 leave a',
    '1 left a',
    '0 leave t',
    '0 left t',
  ]);
});

/** Runs an act of somebody else once a tree is being removed, and it is at its deepest. */
function removeWhile(act: () => void): () => void {
  let acted = false;
  interpose(({ name }, proceed) => {
    if (name === 'unlinkat' && !acted) {
      acted = true;
      act();
    }
    return proceed();
  });
  return () => withFd(openDirectory(bytesFromText(temp.path)), (fd) => removeTree(fd, ascii('t')));
}

describe('a tree that somebody changes while it is removed', () => {
  beforeEach(() => {
    mkdirSync(join(at('t'), levels(LEVELS)), { recursive: true });
    mkdirSync(join(at('outside'), levels(LEVELS)), { recursive: true });
    for (const level of [0, 20, LEVELS])
      writeFileSync(join(at('outside'), levels(level), 'precious'), 'precious');
  });

  test.each([
    [
      'a directory that becomes a symlink out of it',
      'ELOOP',
      () => {
        renameSync(join(at('t'), levels(20)), at('moved'));
        symlinkSync(join(at('outside'), levels(20)), join(at('t'), levels(20)));
      },
    ],
    [
      'another directory in the place of one',
      'ESTALE',
      () => {
        renameSync(join(at('t'), levels(20)), at('moved'));
        mkdirSync(join(at('t'), levels(LEVELS)), { recursive: true });
      },
    ],
    [
      'a directory that is moved out of it',
      'ENOENT',
      () => renameSync(join(at('t'), levels(20)), at('moved')),
    ],
  ] as const)('%s: nothing outside of it goes', (_, code, act) => {
    const before = snapshot(at('outside'));
    let [deepest, moved] = [before, before];
    const remove = removeWhile(() => {
      act();
      [deepest, moved] = [snapshot(at('t')), snapshot(at('moved'))];
    });
    expect(remove).toThrow(expect.objectContaining({ code }));
    expectSameTree(before, snapshot(at('outside')));
    expectSameTree(deepest, snapshot(at('t')));
    // What is open is gone through where it is: some of the deepest of it.
    const left = snapshot(at('moved'));
    expect(left.length).toBeGreaterThan(moved.length - 20);
  });
});

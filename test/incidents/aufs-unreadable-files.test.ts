import { chmodSync, chownSync, linkSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Outcome } from '../../src/restore/plan-types.js';
import type { ScanResult } from '../../src/scan/result.js';
import type { Bytes } from '../../src/sys/bytes.js';
import { type Call, interpose } from '../../src/sys/seam.js';
import { AufsScene, disposeScenes } from '../support/aufs-scene.js';
import { command } from '../support/command.js';
import { describeKernel } from '../support/needs.js';
import { runGoal } from '../support/restore-union.js';
import { runMain, runMainAs } from '../support/run-main.js';
import { afterReading, expectSameTree } from '../support/tree-diff.js';

disposeScenes();
afterEach(() => interpose(undefined));

const EIO = 5;
const X = 'the text of X, long enough to be told from others\n';
const Y = 'Y has another text altogether, and another length too\n';

const opens = (...names: readonly string[]) => {
  return ({ name, path }: Call): boolean => name === 'openat2' && names.includes(path);
};

/** What a flush does that must change nothing, while every call fails that `strikes` is true of. */
async function kept(scene: AufsScene, strikes: (call: Call) => boolean = () => false): Promise<unknown> {
  const before = scene.trees();
  interpose((call, proceed) => (strikes(call) ? -EIO : proceed()));
  const { found, outcome } = await runGoal(scene.union, 'flush');
  interpose(undefined);
  for (const [i, tree] of scene.trees().entries()) expectSameTree(before[i] ?? [], tree, afterReading);
  return facts(found, outcome);
}

function facts({ entries }: ScanResult, outcome: Outcome): unknown {
  return {
    entries: entries.map(({ state, reason, missing }) => [state, reason, missing.map(({ path }) => path)]),
    links: outcome.linksRestored,
    removed: outcome.entriesRemoved,
    kept: outcome.entriesKept,
  };
}

const ambiguous = (reason: string): unknown => ({
  entries: [['ambiguous', reason, []]],
  links: 0,
  removed: 0,
  kept: 1,
});

/** `mv x1 y1` of a symlink, over the name of another one's group. */
function symlinkOverName(): AufsScene {
  const scene = new AufsScene();
  const [upper, lower] = [scene.upper, scene.lower];
  for (const [name, target] of [
    ['x', 'one'],
    ['y', 'two'],
  ]) {
    symlinkSync(target as string, lower.at(`${name}1` as Bytes));
    linkSync(lower.at(`${name}1` as Bytes), lower.at(`${name}2` as Bytes));
  }
  symlinkSync('one', upper.at('y1' as Bytes));
  scene.plink('y1');
  scene.white('x1');
  return scene;
}

/** `mv s/x1 d/y1`, where both groups have the same content, time and rights. */
function sameOverName(): AufsScene {
  const scene = new AufsScene();
  scene.file(scene.lower, ['s/x1', 'x2'], X);
  scene.file(scene.lower, ['d/y1', 'y2'], X);
  scene.file(scene.upper, ['d/y1'], X);
  scene.white('s/x1');
  for (const [place, name] of [
    [scene.lower, 'x2'],
    [scene.lower, 'y2'],
    [scene.upper, 'd/y1'],
  ] as const)
    place.setTimes(name as Bytes, 1_000_000_000_000n, 1_000_000_000_000n);
  scene.plink('d/y1');
  return scene;
}

/** `ln -f x2 d/y1`, and something written behind its end. */
function linkedOverName(): AufsScene {
  const scene = new AufsScene();
  scene.file(scene.lower, ['s/x1', 'x2'], X);
  scene.file(scene.lower, ['d/y1', 'y2'], Y);
  scene.file(scene.upper, ['d/y1'], `${X}and more\n`);
  scene.plink('d/y1');
  return scene;
}

/** `> d/y1` and other text in it: nothing in it is of the lower file any more. */
function writtenAnew(): AufsScene {
  const scene = linkedOverName();
  scene.file(scene.upper, ['d/y1'], 'nothing of either, and nearly as long as they are\n');
  return scene;
}

describe('a file that cannot be read is no evidence', () => {
  test('the lower symlink under an entry’s name: it may have been taken over', async () => {
    const scene = symlinkOverName();
    expect(await kept(scene)).toEqual(
      ambiguous('it cannot be the copy of the lower /y1, whose name it has: another file took the name'),
    );
    expect(await kept(scene, ({ name, path }) => name === 'readlinkat' && path === 'y1')).toEqual(
      ambiguous('it cannot be read (EIO): nothing but the name /y1 tells what it is the copy of'),
    );
  });

  test('the lower symlink alone', async () => {
    const scene = symlinkOverName();
    let reads = 0;
    expect(
      await kept(scene, ({ name, path }) => name === 'readlinkat' && path === 'y1' && ++reads > 1),
    ).toEqual(
      ambiguous('the lower /y1 cannot be read (EIO): nothing but the name /y1 tells what it is the copy of'),
    );
  });

  test('the lower file under an entry’s name, a regular one', async () => {
    const scene = new AufsScene();
    scene.file(scene.lower, ['A', 'B'], X);
    scene.file(scene.upper, ['A'], `${X}and more\n`);
    scene.plink('A');
    let opened = 0;
    expect(await kept(scene, ({ name, path }) => name === 'openat2' && path === 'A' && ++opened > 1)).toEqual(
      ambiguous('the lower /A cannot be read (EIO): nothing but the name /A tells what it is the copy of'),
    );
  });

  test('a removed file that may be just like the one under the name', async () => {
    const scene = sameOverName();
    expect(await kept(scene)).toEqual(
      ambiguous(
        'it is like the lower /d/y1, whose name it has, and as much like /s/x1, which may have been renamed over that name',
      ),
    );
    const unread =
      'it has the name of the lower /d/y1, but may as well be the copy of /s/x1, which cannot be read (EIO)';
    expect(await kept(scene, opens('x1'))).toEqual(ambiguous(unread));
    let opened = 0;
    expect(await kept(scene, ({ name, path }) => name === 'openat2' && path === 's' && ++opened > 2)).toEqual(
      ambiguous(unread),
    );
  });

  test('a removed file that cannot be looked at', async () => {
    const scene = sameOverName();
    expect(await kept(scene, ({ name, path }) => name === 'statx' && path === 'x1')).toEqual(
      ambiguous(
        'it has the name of the lower /d/y1, and what was removed at /s/x1 cannot be looked at (EIO): it may have been renamed over that name',
      ),
    );
  });

  test.each([
    ['one that is written on', linkedOverName, opens('x1', 'x2')],
    ['one that is written anew', writtenAnew, opens('x1', 'x2')],
  ])('another lower file that an entry may be the copy of: %s', async (_, made, strikes) => {
    const scene = made();
    expect(await kept(scene, strikes)).toEqual(
      ambiguous(
        'it has the name of the lower /d/y1, but may as well be the copy of /s/x1, which cannot be read (EIO)',
      ),
    );
  });

  test('whichever read fails', async () => {
    const scene = linkedOverName();
    for (let failing = 1, reads = failing; reads >= failing; failing += 1) {
      reads = 0;
      expect(await kept(scene, ({ name }) => name === 'pread' && ++reads === failing)).toMatchObject({
        entries: [['ambiguous', expect.any(String), []]],
        removed: 0,
      });
    }
  });

  test('one that is too large to be what was copied keeps nothing', async () => {
    const scene = writtenAnew();
    scene.file(scene.lower, ['s/large', 'large2'], X.repeat(10));
    const strikes = opens('large', 'large2');
    interpose((call, proceed) => (strikes(call) ? -EIO : proceed()));
    const { found, outcome } = await runGoal(scene.union, 'flush');
    expect(facts(found, outcome)).toEqual({
      entries: [['restorable', undefined, ['y2']]],
      links: 1,
      removed: 1,
      kept: 0,
    });
  });
});

describeKernel('an ordinary user who may not read some files', ['root'], () => {
  /** Branches of the user nobody, in which a lower file is root's alone. */
  async function withSecret(scene: AufsScene, ...names: readonly string[]): Promise<void> {
    for (const { root } of scene.branches) command('chown', '-R', '65534', root, join(root, '..'));
    for (const name of names) {
      chownSync(scene.lower.at(name as Bytes), 0, 0);
      chmodSync(scene.lower.at(name as Bytes), 0o600);
    }
    // The modules are loaded while they may still be cached.
    await runMain('flush', '--dry-run', '-o', scene.words);
  }

  test('entries that are what their names say are flushed', async () => {
    const scene = new AufsScene();
    scene.file(scene.lower, ['A', 'B'], X);
    scene.file(scene.upper, ['A'], `${X}and more\n`);
    scene.file(scene.lower, ['secret', 'secret2'], Y);
    scene.plink('A');
    await withSecret(scene, 'secret');
    const { code, out } = await runMainAs(65534, 'flush', '-o', scene.words);
    expect([code, out]).toEqual([0, expect.stringContaining('1 name')]);
    expect(scene.view().get('B' as Bytes)).toMatchObject({ branch: 0, nlink: '2' });
  });

  test('one that is written anew is kept, and the file is told that may be its own', async () => {
    const scene = writtenAnew();
    mkdirSync(scene.upper.at('s' as Bytes));
    await withSecret(scene, 's/x1');
    const before = scene.trees();
    const { code, out } = await runMainAs(65534, 'flush', '-o', scene.words);
    for (const [i, tree] of scene.trees().entries()) expectSameTree(before[i] ?? [], tree, afterReading);
    expect([code, out]).toEqual([
      4,
      expect.stringContaining('may as well be the copy of /s/x1, which cannot be read (EACCES)'),
    ]);
    expect((await runMain('flush', '-o', scene.words)).code).toBe(0);
    expect(scene.view().get('y2' as Bytes)).toMatchObject({ branch: 0, nlink: '2' });
  });
});

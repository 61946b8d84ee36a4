import { chmodSync, linkSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ascii, type Bytes } from '../../src/sys/bytes.js';
import { AufsScene, disposeScenes } from '../support/aufs-scene.js';
import { runGoal } from '../support/restore-union.js';
import { afterReading, expectSameTree } from '../support/tree-diff.js';

disposeScenes();

/** Two groups of hardlinks in the lower branch. */
function twoGroups(): AufsScene {
  const scene = new AufsScene();
  scene.file(scene.lower, ['one', 'one2', 'd/one3'], 'the first file, as it was\n');
  scene.file(scene.lower, ['two', 'two2'], 'quite another text in here\n');
  return scene;
}

/** Runs a flush that must not act, and gives the one entry. */
/** A file that is rewritten from nothing: but for its name nothing tells what it was. */
function writeAnew(scene: AufsScene): void {
  writeFileSync(scene.upper.at(ascii('one')), '#\n');
  scene.plink('one');
}

async function keptEntry(scene: AufsScene) {
  const before = scene.trees();
  const { found, outcome } = await runGoal(scene.union, 'flush');
  for (const [i, tree] of scene.trees().entries()) expectSameTree(before[i] ?? [], tree, afterReading);
  const kept = outcome.entries.filter(({ attention }) => attention);
  expect(kept).toHaveLength(found.entries.length);
  const [entry] = found.entries;
  if (entry === undefined) throw new Error('there is no entry');
  expect(entry.state).toBe('ambiguous');
  return entry;
}

describe('a name that another file took', () => {
  test('renamed-over name: the unwritten file is another group’s, and no name of the covered group is linked', async () => {
    const scene = twoGroups();
    copyUp(scene, 'two', 'one');
    scene.plink('one');
    scene.white('two');
    const entry = await keptEntry(scene);
    expect(entry.reason).toContain('is like another lower file');
    expect(entry.evidence.join('\n')).toMatch(/perhaps \/two2 .*size and time the same.*removed: \/two/);
  });

  test('renamed-over name: the file was written to afterwards', async () => {
    const scene = twoGroups();
    writeFileSync(scene.upper.at(ascii('one')), 'quite another text in here\nand more\n');
    scene.plink('one');
    scene.white('two');
    expect((await keptEntry(scene)).evidence.join('\n')).toContain('perhaps /two2');
  });

  test('renamed-over name: the file was written anew, and a removed name fits', async () => {
    const scene = twoGroups();
    writeAnew(scene);
    scene.white('two');
    expect((await keptEntry(scene)).reason).toContain('it may as well be /two');
  });

  test.each<[what: string, hide: (scene: AufsScene) => void]>([
    ['another file came to the removed name', (scene) => scene.file(scene.upper, ['d/two'], 'new here\n')],
    ['the directory of the removed name is whited out', (scene) => scene.white('d')],
    ['the directory was made anew', (scene) => scene.file(scene.upper, ['d/.wh..wh..opq'], '', 0o444)],
  ])('renamed-over name: the file was written anew, and %s', async (_, hide) => {
    const scene = new AufsScene();
    scene.file(scene.lower, ['one', 'one2'], 'the first file, as it was\n');
    scene.file(scene.lower, ['d/two', 'two2'], 'quite another text in here\n');
    writeAnew(scene);
    hide(scene);
    const entry = await keptEntry(scene);
    expect(entry.reason).toContain('it may as well be /d/two');
    expect(entry.evidence.join('\n')).toContain('perhaps /two2');
  });

  test('linked-over name: no whiteout tells of it, the content does', async () => {
    const scene = twoGroups();
    writeFileSync(scene.upper.at(ascii('one')), 'quite another text in here\nand more\n');
    scene.plink('one');
    const entry = await keptEntry(scene);
    expect(entry.evidence.join('\n')).toMatch(/perhaps \/two, \/two2 .*is the start of the entry's/);
  });

  test('linked-over name: found also where the covered name has only one link', async () => {
    const scene = new AufsScene();
    scene.file(scene.lower, ['one'], 'the first file, as it was\n');
    scene.file(scene.lower, ['two', 'two2'], 'quite another text in here\n');
    writeFileSync(scene.upper.at(ascii('one')), 'quite another text in here\nand more\n');
    scene.plink('one');
    expect((await keptEntry(scene)).evidence.join('\n')).toContain('perhaps /two, /two2');
  });

  test('linked-over name: written anew over a lower file that never had a second link', async () => {
    const scene = new AufsScene();
    scene.file(scene.lower, ['one'], 'the first file, as it was\n');
    scene.file(scene.lower, ['two', 'two2'], 'quite another text in here\n');
    writeAnew(scene);
    expect((await keptEntry(scene)).reason).toContain('by ln alone');
  });

  test('linked-over name: the origin is hidden by an opaque directory', async () => {
    const scene = new AufsScene();
    scene.file(scene.lower, ['one', 'one2'], 'the first file, as it was\n');
    scene.file(scene.lower, ['d/two', 'two2'], 'quite another text in here\n');
    scene.file(scene.upper, ['d/.wh..wh..opq'], '', 0o444);
    writeFileSync(scene.upper.at(ascii('one')), 'quite another text in here\nand more\n');
    scene.plink('one');
    expect((await keptEntry(scene)).evidence.join('\n')).toContain('perhaps /two2');
  });

  test('two names that cover different lower files prove neither', async () => {
    const scene = twoGroups();
    scene.file(scene.upper, ['one', 'two2'], 'the first file, as it was\nand more\n');
    scene.plink('one');
    expect((await keptEntry(scene)).reason).toContain('two different lower files');
  });

  test('a symlink with another target is no copy', async () => {
    const scene = new AufsScene();
    const { lower, upper } = scene;
    for (const [place, target] of [
      [lower, 'aaaa'],
      [upper, 'bbbb'],
    ] as const) {
      symlinkSync(target, place.at(ascii('link')));
    }
    linkSync(lower.at(ascii('link')), lower.at(ascii('link2')));
    scene.plink('link');
    expect((await keptEntry(scene)).reason).toContain('cannot be the copy');
  });

  test('another type of file under the name is no origin', async () => {
    const scene = new AufsScene();
    scene.file(scene.upper, ['one'], 'text\n');
    scene.lower.mknod(ascii('one'), 0o010644);
    linkSync(scene.lower.at(ascii('one')), scene.lower.at(ascii('one2')));
    scene.plink('one');
    expect((await keptEntry(scene)).reason).toContain('another type');
  });

  test('a crash, and the group copied up again by the next mount: both entries are kept', async () => {
    const scene = twoGroups();
    writeFileSync(scene.upper.at(ascii('one')), 'the first file, as it was\nfirst session\n');
    writeFileSync(scene.upper.at(ascii('one2')), 'the first file, as it was\nsecond session\n');
    const entries = [scene.plink('one', 11), scene.plink('one2', 12)];
    const entry = await keptEntry(scene);
    expect(entry.reason).toBe(`entry ${entries[1]} claims the same file`);
  });

  test('a crash, and the group written anew by the next mount, or else a file renamed over its name', async () => {
    const scene = twoGroups();
    writeFileSync(scene.upper.at(ascii('one')), 'the first file, as it was\nfirst session\n');
    writeFileSync(scene.upper.at(ascii('one2')), 'nothing of the first or the second\n');
    const entries = [scene.plink('one', 11), scene.plink('one2', 12)];
    scene.white('two');
    const entry = await keptEntry(scene);
    expect(entry.reason).toBe(`entry ${entries[1]} claims the same file`);
  });
});

describe('a name that a file with the same in it took', () => {
  const kinds = ['an empty file', 'a file with the same content', 'a symlink', 'a fifo'] as const;
  const EARLY = 1_000_000_000_000_000_000n;

  function make(place: AufsScene['upper'], kind: (typeof kinds)[number], name: Bytes): void {
    if (kind === 'a fifo') place.mknod(name, 0o010644);
    else if (kind === 'a symlink') symlinkSync('target', place.at(name));
    else writeFileSync(place.at(name), kind === 'an empty file' ? '' : 'the same licence everywhere\n');
    place.setTimes(name, EARLY, EARLY);
  }

  function twins(kind: (typeof kinds)[number]): AufsScene {
    const scene = new AufsScene();
    for (const name of ['one', 'two'] as Bytes[]) {
      make(scene.lower, kind, name);
      linkSync(scene.lower.at(name), scene.lower.at(`${name}2` as Bytes));
    }
    make(scene.upper, kind, ascii('one'));
    scene.plink('one');
    return scene;
  }

  test.each(kinds)('renamed-over name: %s, and the removed name is as likely', async (kind) => {
    const scene = twins(kind);
    scene.white('two');
    expect((await keptEntry(scene)).reason).toContain('as much like /two');
  });

  test.each(kinds)('renamed-over name: %s that was touched afterwards', async (kind) => {
    const scene = twins(kind);
    scene.white('two');
    scene.upper.setTimes(ascii('one'), EARLY + 1n, EARLY + 1n);
    expect((await keptEntry(scene)).reason).toContain('as much like /two');
  });

  test.each(['an empty file', 'a fifo'] as const)(
    'linked-over name: %s with the mode of another one',
    async (kind) => {
      const scene = twins(kind);
      for (const place of [scene.upper, scene.lower]) {
        chmodSync(place.at((place === scene.upper ? 'one' : 'two') as Bytes), 0o640);
      }
      expect((await keptEntry(scene)).reason).toContain('is like another lower file');
    },
  );

  test.each(['an empty file', 'a fifo'] as const)(
    '%s that was given a mode of its own is flushed',
    async (kind) => {
      const scene = twins(kind);
      chmodSync(scene.upper.at(ascii('one')), 0o640);
      const { outcome } = await runGoal(scene.union, 'flush');
      expect([outcome.linksRestored, outcome.entriesRemoved]).toEqual([1, 1]);
    },
  );

  test.each(kinds)('linked-over name: %s with the time of another one', async (kind) => {
    const scene = twins(kind);
    scene.upper.setTimes(ascii('one'), EARLY + 1n, EARLY + 1n);
    scene.lower.setTimes(ascii('two'), EARLY + 1n, EARLY + 1n);
    const entry = await keptEntry(scene);
    expect(entry.reason).toContain('is like another lower file');
    expect(entry.evidence.join('\n')).toContain('perhaps /two, /two2');
  });

  test.each(kinds)('%s that was only touched is flushed', async (kind) => {
    const scene = twins(kind);
    scene.upper.setTimes(ascii('one'), EARLY + 1n, EARLY + 1n);
    const { outcome } = await runGoal(scene.union, 'flush');
    expect([outcome.linksRestored, outcome.entriesRemoved]).toEqual([1, 1]);
  });

  test('without a removed name it is flushed, however many files have the same in them', async () => {
    const scene = twins('a file with the same content');
    const { outcome } = await runGoal(scene.union, 'flush');
    expect([outcome.linksRestored, outcome.entriesRemoved]).toEqual([1, 1]);
  });

  test('where two of its names cover one lower file, a removed name elsewhere is no doubt', async () => {
    const scene = twins('a file with the same content');
    linkSync(scene.lower.at(ascii('one')), scene.lower.at(ascii('one3')));
    linkSync(scene.upper.at(ascii('one')), scene.upper.at(ascii('one2')));
    scene.white('two');
    const { outcome } = await runGoal(scene.union, 'flush');
    expect([outcome.linksRestored, outcome.entriesRemoved]).toEqual([1, 1]);
  });
});

describe('a name that was not taken', () => {
  test('a file written anew is flushed where nothing else fits', async () => {
    const scene = twoGroups();
    writeAnew(scene);
    const { outcome } = await runGoal(scene.union, 'flush');
    expect([outcome.linksRestored, outcome.entriesRemoved]).toEqual([2, 1]);
    expect(new Set(['one', 'one2', 'd/one3'].map((name) => scene.view().get(name as Bytes)?.file)).size).toBe(
      1,
    );
  });

  test('two groups written anew do not make each other doubtful', async () => {
    const scene = twoGroups();
    for (const name of ['one', 'two']) {
      writeFileSync(scene.upper.at(name as Bytes), `# ${name}\n`);
      scene.plink(name);
    }
    const { outcome } = await runGoal(scene.union, 'flush');
    expect([outcome.linksRestored, outcome.entriesRemoved]).toEqual([3, 2]);
  });

  test('nor does a group that an earlier flush has linked make others doubtful', async () => {
    const scene = twoGroups();
    scene.file(scene.upper, ['two', 'two2'], 'written anew before the last flush\n');
    writeAnew(scene);
    const { outcome } = await runGoal(scene.union, 'flush');
    expect([outcome.linksRestored, outcome.entriesRemoved]).toEqual([2, 1]);
  });

  test('but one that got two new files for its names does', async () => {
    const scene = twoGroups();
    for (const name of ['two', 'two2']) scene.file(scene.upper, [name], `new at ${name}\n`);
    writeAnew(scene);
    expect((await keptEntry(scene)).reason).toContain('it may as well be /two');
  });

  test('nor does a name that another lower branch has covered all along', async () => {
    const scene = new AufsScene(['rw', 'ro', 'ro']);
    scene.file(scene.lower, ['one', 'one2'], 'the first file, as it was\n');
    scene.file(scene.lower, ['two', 'two2'], 'quite another text in here\n');
    scene.file(scene.branches[1] ?? scene.lower, ['two'], 'a newer version of it\n');
    writeAnew(scene);
    const { outcome } = await runGoal(scene.union, 'flush');
    expect([outcome.linksRestored, outcome.entriesRemoved]).toEqual([1, 1]);
  });

  test('an edited file in the way of `sed -i` elsewhere does not make its neighbours doubtful', async () => {
    const scene = twoGroups();
    const { upper } = scene;
    writeFileSync(upper.at(ascii('sedXXXX')), 'quite another text there\n');
    renameSync(upper.at(ascii('sedXXXX')), upper.at(ascii('two')));
    writeFileSync(upper.at(ascii('one')), 'the first file, as it was\nmore\n');
    scene.plink('one');
    const { outcome } = await runGoal(scene.union, 'flush');
    expect([outcome.linksRestored, outcome.entriesRemoved]).toEqual([2, 1]);
    expect(scene.view().get(ascii('two2'))?.branch).toBe(1);
  });

  test('all names there already: only the entry goes', async () => {
    const scene = twoGroups();
    scene.file(scene.upper, ['one', 'one2', 'd/one3'], 'the first file, as it was\nmore\n');
    const entry = scene.plink('one');
    const { found, outcome } = await runGoal(scene.union, 'flush');
    expect(found.entries[0]?.state).toBe('complete');
    expect([outcome.linksRestored, outcome.entriesRemoved]).toEqual([0, 1]);
    expect(() => unlinkSync(scene.upper.at(`.wh..wh.plnk/${entry}` as Bytes))).toThrow('ENOENT');
  });
});

/** A copy-up that nobody wrote to: content, size and times are the lower's. */
function copyUp(scene: AufsScene, from: string, to: string): void {
  const { atime, mtime } = scene.view().get(from as Bytes) ?? { atime: '0', mtime: '0' };
  writeFileSync(scene.upper.at(to as Bytes), 'quite another text in here\n');
  scene.upper.setTimes(to as Bytes, BigInt(atime), BigInt(mtime));
}

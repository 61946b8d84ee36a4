import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ascii, type Bytes } from '../../src/sys/bytes.js';
import { AufsScene, disposeScenes } from '../support/aufs-scene.js';
import { command } from '../support/command.js';
import { makeLoopImage } from '../support/loop-image.js';
import { describeKernel } from '../support/needs.js';
import { posixAcl } from '../support/posix-acl.js';
import { runGoal, statesOf } from '../support/restore-union.js';
import { runMain, runMainAs } from '../support/run-main.js';
import { byPath, snapshot } from '../support/tree.js';
import { expectSameTree } from '../support/tree-diff.js';

disposeScenes();

const OLD = 'as the lower has it\n';
const NEW = `${OLD}and a line more\n`;

/** A group of `names` of which `written` was written to. */
function group(
  scene: AufsScene,
  names: readonly string[],
  written = names[0] as string,
  mode = 0o644,
): string {
  scene.file(scene.lower, names, OLD, mode);
  scene.file(scene.upper, [written], NEW, mode);
  chmodSync(scene.lower.at(written as Bytes), mode);
  chmodSync(scene.upper.at(written as Bytes), mode);
  return scene.plink(written);
}

function expectOneFile(scene: AufsScene, names: readonly string[]): void {
  const view = scene.view();
  const files = names.map((name) => view.get(name as Bytes));
  expect(files.map((file) => [file?.branch, file?.nlink])).toEqual(
    names.map(() => [0, String(names.length)]),
  );
  expect(new Set(files.map((file) => file?.file)).size).toBe(1);
}

describe('what the classic tools lose', () => {
  test('stale-number: an entry’s first number that is another file’s inode links nothing to it', async () => {
    const scene = new AufsScene();
    scene.file(scene.lower, ['bin/su', 'bin/su2'], 'a setuid program\n');
    chmodSync(scene.lower.at(ascii('bin/su')), 0o4755);
    scene.file(scene.lower, ['A', 'B'], OLD);
    writeFileSync(scene.upper.at(ascii('A')), NEW);
    scene.plink('A', statSync(scene.lower.at(ascii('bin/su')), { bigint: true }).ino);
    const before = snapshot(scene.lower.root);

    const { outcome } = await runGoal(scene.union, 'flush');
    expect([outcome.linksRestored, outcome.entriesRemoved]).toEqual([1, 1]);
    expectOneFile(scene, ['A', 'B']);
    expect(scene.view().get(ascii('bin/su'))).toMatchObject({ branch: 1, mode: '4755' });
    expectSameTree(before, snapshot(scene.lower.root));
  });

  test('over-long-name: it costs neither its own group nor any other a name', async () => {
    const scene = new AufsScene();
    const long = 'L'.repeat(243);
    const most = 'M'.repeat(242);
    group(scene, ['a', 'b', `d/${long}`, `d/${most}`]);
    scene.file(scene.lower, ['z', 'zz/z2', `zz/${'X'.repeat(255)}`], 'other text, of another file\n');
    scene.file(scene.upper, ['z'], 'other text, of another file\nand more\n');
    scene.plink('z', 12);

    const { found, outcome } = await runGoal(scene.union, 'flush');
    expect([outcome.linksRestored, outcome.entriesRemoved, outcome.entriesKept]).toEqual([3, 2, 0]);
    expect(found.entries.find(({ names }) => names.includes(ascii('a')))?.reason).toContain(
      'too long for aufs',
    );
    expectOneFile(scene, ['a', 'b', `d/${most}`]);
    expectOneFile(scene, ['z', 'zz/z2']);
    expect(() => lstatSync(scene.upper.at(`d/${long}` as Bytes))).toThrow('ENOENT');
  });

  test('unflushed-crash: `the next flush` restores where the classic one deletes unseen', async () => {
    const scene = new AufsScene();
    group(scene, ['A', 'B', 'd/C']);
    expect((await runMain('flush', '-o', scene.words)).code).toBe(0);
    expectOneFile(scene, ['A', 'B', 'd/C']);
    expect((await runMain('flush', '-o', scene.words)).code).toBe(0);
  });

  test('only-copy: an entry that no name shows is never removed, and told of as at risk', async () => {
    const scene = new AufsScene();
    scene.file(scene.lower, ['A', 'B'], OLD);
    writeFileSync(scene.upper.at(ascii('A')), NEW);
    const entry = scene.plink('A');
    unlinkSync(scene.upper.at(ascii('A')));
    scene.white('A');
    const { found } = await runGoal(scene.union, 'flush');
    expect(found.entries[0]).toMatchObject({ state: 'ambiguous', atRisk: true });
    expect(found.entries[0]?.evidence.join()).toMatch(/perhaps \/B .*removed: \/A/);
    expect(lstatSync(scene.upper.at(`.wh..wh.plnk/${entry}` as Bytes)).size).toBe(NEW.length);
    expect((await runMain('flush', '-o', scene.words)).code).toBe(4);
  });
});

describe('names in the plink directory that are no entries', () => {
  test('foreign-name: a junk name and a directory stay, and stop nothing', async () => {
    const scene = new AufsScene();
    group(scene, ['A', 'B']);
    writeFileSync(scene.upper.at(ascii('.wh..wh.plnk/junk')), 'x');
    mkdirSync(scene.upper.at(ascii('.wh..wh.plnk/11.12')));
    const { found, outcome } = await runGoal(scene.union, 'flush');
    expect(statesOf(found)).toEqual([['junk'], ['junk'], ['restorable', 'B']]);
    expect([outcome.linksRestored, outcome.entriesRemoved, outcome.entriesKept]).toEqual([1, 1, 2]);
    expectOneFile(scene, ['A', 'B']);
  });

  test('copied-branch: numbers that are no longer true, links that are', async () => {
    const scene = new AufsScene();
    group(scene, ['A', 'B']);
    const copy = new AufsScene();
    for (const [i, { root }] of scene.branches.entries())
      command('cp', '-af', `${root}/.`, copy.branches[i]?.root ?? '');
    const { found, outcome } = await runGoal(copy.union, 'flush');
    expect(found.entries[0]).toMatchObject({ state: 'restorable' });
    expect(found.entries[0]?.reason).toContain('the branch was copied');
    expect([outcome.linksRestored, outcome.entriesRemoved]).toEqual([1, 1]);
    expectOneFile(copy, ['A', 'B']);
  });

  test('copied-branch: a copy that tore the hardlinks apart proves nothing', async () => {
    const scene = new AufsScene();
    group(scene, ['A', 'B']);
    const copy = new AufsScene();
    for (const [i, { root }] of scene.branches.entries())
      command('cp', '-rf', `${root}/.`, copy.branches[i]?.root ?? '');
    const { found, outcome } = await runGoal(copy.union, 'flush');
    expect(found.entries[0]).toMatchObject({ state: 'damaged', atRisk: true });
    expect([outcome.linksRestored, outcome.entriesRemoved]).toEqual([0, 0]);
  });

  test('two entries of one inode are linked and then kept', async () => {
    const scene = new AufsScene();
    group(scene, ['A', 'B']);
    scene.plink('A', 99);
    const { outcome } = await runGoal(scene.union, 'flush');
    expect([outcome.linksRestored, outcome.entriesRemoved]).toEqual([1, 0]);
    expect(outcome.entries.every(({ attention }) => attention)).toBe(true);
    expect(scene.view().get(ascii('B'))?.branch).toBe(0);
  });
});

test('dirren: directories under other names than their own make every proof by names void', async () => {
  const scene = new AufsScene();
  group(scene, ['A', 'B']);
  writeFileSync(scene.upper.at(ascii('.wh..wh.hino')), Buffer.alloc(8));
  const before = scene.trees();
  await expect(runGoal(scene.union, 'flush')).rejects.toMatchObject({ kind: 'operational', code: 'dirren' });
  expectSameTree(before[0] ?? [], snapshot(scene.upper.root));
});

describe('names that the union does not show', () => {
  test('whiteout-beside-a-name hides it: in a lower branch that is +wh only', async () => {
    for (const permission of ['ro+wh', 'ro'] as const) {
      const scene = new AufsScene(['rw', permission]);
      group(scene, ['A', 'B', 'C']);
      scene.white('B', scene.lower);
      const { found } = await runGoal(scene.union, 'flush');
      expect(statesOf(found)).toEqual([permission === 'ro' ? ['restorable', 'B', 'C'] : ['restorable', 'C']]);
    }
  });

  test('whiteout-beside-a-name in the upper branch: the name is gone and proves nothing', async () => {
    const scene = new AufsScene();
    group(scene, ['A', 'B']);
    scene.white('A');
    const before = scene.trees();
    const { found } = await runGoal(scene.union, 'flush');
    expect(found.entries[0]?.state).toBe('ambiguous');
    expectSameTree(before[0] ?? [], snapshot(scene.upper.root));
  });

  test('removed, opaque and covered names stay so', async () => {
    const scene = new AufsScene();
    group(scene, ['A', 'B', 'gone', 'op/C', 'covered', 'asfile/D', 'aslink/E']);
    scene.white('gone');
    scene.file(scene.upper, ['op/.wh..wh..opq'], '');
    scene.file(scene.upper, ['covered', 'asfile'], 'a new file\n');
    mkdirSync(scene.upper.at(ascii('target')));
    symlinkSync('target', scene.upper.at(ascii('aslink')));
    const before = byPath(snapshot(scene.upper.root));
    const { found, outcome } = await runGoal(scene.union, 'flush');
    expect(statesOf(found)).toEqual([['restorable', 'B']]);
    expect([outcome.linksRestored, outcome.entriesRemoved]).toEqual([1, 1]);
    expectOneFile(scene, ['A', 'B']);
    const after = byPath(snapshot(scene.upper.root));
    expect([...after.keys()].filter((path) => !before.has(path))).toEqual(['B']);
  });
});

describeKernel('what needs root to be shown', ['root', 'loop', 'tmpfs', 'ext4', 'xfs'], () => {
  test('setuid-and-capability-kept, with owner, ACL, attributes and times', async () => {
    const scene = new AufsScene();
    scene.file(scene.lower, ['A', 'd/B'], OLD);
    scene.file(scene.upper, ['A'], NEW);
    chownSync(scene.upper.at(ascii('A')), 1000, 1001);
    chmodSync(scene.upper.at(ascii('A')), 0o6751);
    const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex');
    scene.upper.setXattr(ascii('A'), 'security.capability', capability);
    scene.upper.setXattr(ascii('A'), 'user.kept', Buffer.from('yes'));
    scene.upper.setXattr(ascii('A'), 'system.posix_acl_access', posixAcl(1234, 5));
    scene.upper.setTimes(ascii('A'), 1_111_111_111_222_222_222n, 2_111_111_111_999_999_999n);
    scene.plink('A');
    const { nlink, ctime, group: first, ...facts } = byPath(snapshot(scene.upper.root)).get(ascii('A')) ?? {};
    await runGoal(scene.union, 'flush');
    const after = byPath(snapshot(scene.upper.root));
    expect(after.get(ascii('A'))).toMatchObject(facts);
    expect(after.get(ascii('d/B'))).toMatchObject({ ...facts, path: 'd/B', nlink: '2', group: 'A' });
    expect([nlink, first, ctime === undefined]).toEqual([
      '2',
      `.wh..wh.plnk/${11}.${inode(scene, 'A')}`,
      false,
    ]);
  });

  test('missing-directories: as the lower has them, nothing inherited, the ones that were there keep their times', async () => {
    const scene = new AufsScene();
    group(scene, ['A', 'x/d/e/B']);
    mkdirSync(scene.upper.at(ascii('x')));
    chownSync(scene.upper.at(ascii('x')), 77, 78);
    for (const place of ['x', '', '.wh..wh.orph', '.wh..wh.plnk'] as Bytes[]) {
      chmodSync(scene.upper.at(place), 0o2755);
      scene.upper.setXattr(place, 'system.posix_acl_default', posixAcl(1235, 7));
    }
    chownSync(scene.lower.at(ascii('x/d')), 1000, 1001);
    chmodSync(scene.lower.at(ascii('x/d')), 0o3771);
    scene.lower.setXattr(ascii('x/d'), 'user.kept', Buffer.from('yes'));
    scene.lower.setXattr(ascii('x/d'), 'trusted.kept', Buffer.from([0]));
    scene.lower.setXattr(ascii('x/d/e'), 'system.posix_acl_default', posixAcl(1000, 4));
    for (const path of ['x/d/e', 'x/d'] as Bytes[]) {
      scene.lower.setTimes(path, 1_111_111_111_222_222_222n, 1_000_000_000_999_999_999n);
    }
    scene.upper.setTimes(ascii('x'), 1_000_000_000_000_000_001n, 1_000_000_000_000_000_002n);
    const [root, x] = [
      statSync(scene.upper.root, { bigint: true }),
      byPath(snapshot(scene.upper.root)).get(ascii('x')),
    ];

    const { outcome } = await runGoal(scene.union, 'flush');
    expect(outcome.directoriesMade).toBe(2);
    const [upper, lower] = [byPath(snapshot(scene.upper.root)), byPath(snapshot(scene.lower.root))];
    for (const path of ['x/d', 'x/d/e'] as Bytes[]) {
      const { kind, mode, owner, xattrs, atime, mtime } = lower.get(path) ?? {};
      expect(upper.get(path)).toMatchObject({ kind, mode, owner, xattrs, atime, mtime });
    }
    const { mode, owner, xattrs, atime, mtime } = x ?? {};
    expect(upper.get(ascii('x'))).toMatchObject({ mode, owner, xattrs, atime, mtime });
    expect(statSync(scene.upper.root, { bigint: true }).mtimeNs).toBe(root.mtimeNs);
  });

  test('other-file-system-inside: names of the lower below a mount point are found', async () => {
    const scene = new AufsScene();
    group(scene, ['A', 'mnt/B', 'z/C']);
    command('mount', '-t', 'tmpfs', 'none', join(scene.lower.root, 'mnt'));
    const { outcome } = await runGoal(scene.union, 'flush');
    command('umount', join(scene.lower.root, 'mnt'));
    expect([outcome.linksRestored, outcome.entriesRemoved]).toEqual([2, 1]);
    expectOneFile(scene, ['A', 'mnt/B', 'z/C']);
  });

  test('other-file-system-inside: below a mount in the upper nothing is proved', async () => {
    const scene = new AufsScene();
    group(scene, ['A', 'mnt/B', 'z/C']);
    mkdirSync(scene.upper.at(ascii('mnt')));
    command('mount', '-t', 'tmpfs', 'none', join(scene.upper.root, 'mnt'));
    const { found, outcome } = await runGoal(scene.union, 'flush');
    command('umount', join(scene.upper.root, 'mnt'));
    expect(found.entries[0]?.state).toBe('ambiguous');
    expect([outcome.linksRestored, outcome.entriesRemoved]).toEqual([0, 0]);
  });

  test('unreadable-directory: an ordinary user flushes his own branches, and keeps what he cannot see', async () => {
    const scene = new AufsScene();
    group(scene, ['A', 'B', 'd/C']);
    scene.file(scene.lower, ['P', 'secret/Q'], 'another file of the lower\n');
    scene.file(scene.upper, ['P'], 'another file of the lower\nand more\n');
    const kept = scene.plink('P', 12);
    for (const { root } of scene.branches) command('chown', '-R', '65534', root, join(root, '..'));
    chownSync(join(scene.lower.root, 'secret'), 0, 0);
    chmodSync(join(scene.lower.root, 'secret'), 0o700);

    // The modules are loaded while they may still be cached.
    await runMain('flush', '--dry-run', '-o', scene.words);
    const first = await runMainAs(65534, 'flush', '-o', scene.words);
    expect(first.code).toBe(4);
    // Each of the walks comes to it, and it is told once.
    expect(first.out.match(/secret \[EACCES\]/g)).toHaveLength(1);
    expectOneFile(scene, ['A', 'B', 'd/C']);
    expect(lstatSync(scene.upper.at(`.wh..wh.plnk/${kept}` as Bytes)).nlink).toBe(2);
    const done = scene.trees();
    expect((await runMainAs(65534, 'flush', '-o', scene.words)).code).toBe(4);
    for (const [i, tree] of scene.trees().entries())
      expectSameTree(done[i] ?? [], tree, { ignore: ['atime'] });

    expect((await runMain('flush', '-o', scene.words)).code).toBe(0);
    expectOneFile(scene, ['P', 'secret/Q']);
  });

  test('unreadable-directory: a name in a directory that may be listed and not searched is not passed over', async () => {
    const scene = new AufsScene();
    const entry = group(scene, ['A', 'd/B']);
    mkdirSync(scene.upper.at(ascii('d')));
    for (const { root } of scene.branches) command('chown', '-R', '65534', root, join(root, '..'));
    chmodSync(scene.upper.at(ascii('d')), 0o400);
    await runMain('flush', '--dry-run', '-o', scene.words);
    expect((await runMainAs(65534, 'flush', '-o', scene.words)).code).toBe(4);
    expect(lstatSync(scene.upper.at(`.wh..wh.plnk/${entry}` as Bytes)).nlink).toBe(2);
    expect((await runMain('flush', '-o', scene.words)).code).toBe(0);
    expectOneFile(scene, ['A', 'd/B']);
  });

  test('unreadable-directory: what may be hidden there keeps a file that is no longer like its namesake', async () => {
    const scene = new AufsScene();
    scene.file(scene.lower, ['A', 'B'], OLD);
    scene.file(scene.lower, ['secret/Q', 'secret/R'], 'written anew\n');
    scene.file(scene.upper, ['A'], 'written anew\n');
    scene.plink('A');
    for (const { root } of scene.branches) command('chown', '-R', '65534', root, join(root, '..'));
    chownSync(join(scene.lower.root, 'secret'), 0, 0);
    chmodSync(join(scene.lower.root, 'secret'), 0o700);
    await runMain('flush', '--dry-run', '-o', scene.words);
    const { code, out } = await runMainAs(65534, 'flush', '-o', scene.words);
    expect([code, out]).toEqual([4, expect.stringContaining('/secret')]);
    expect((await runMain('list', '-v', '-o', scene.words)).out).toContain('perhaps /secret/Q, /secret/R');
  });

  test('an ordinary user makes no directory that should be another user’s', async () => {
    const scene = new AufsScene();
    group(scene, ['A', 'B', 'd/C']);
    for (const { root } of scene.branches) command('chown', '-R', '65534', root, join(root, '..'));
    chownSync(join(scene.lower.root, 'd'), 1234, 1234);
    await runMain('flush', '--dry-run', '-o', scene.words);
    const before = snapshot(scene.upper.root);
    const { code, err } = await runMainAs(65534, 'flush', '-o', scene.words);
    expect([code, err]).toEqual([8, expect.stringContaining('CAP_CHOWN')]);
    expectSameTree(before, snapshot(scene.upper.root));
    expect((await runMain('flush', '-o', scene.words)).code).toBe(0);
    expectOneFile(scene, ['A', 'B', 'd/C']);
    expect(scene.view().get(ascii('d'))?.owner).toBe('1234:1234');
  });

  test('no-space: everything stays, and a rerun with space finishes', async () => {
    const scene = new AufsScene();
    const small = join(scene.upper.root, '..', 'small');
    mkdirSync(small);
    command('mount', '-t', 'tmpfs', '-o', 'nr_inodes=10', 'none', small);
    try {
      const inside = new AufsScene(['rw'], small);
      const union = {
        ...scene.union,
        branches: [inside.union.branches[0], scene.union.branches[1]].flatMap((b) => b ?? []),
      };
      const names = ['A', 'd/B', 'd/e/C', 'd/e/f/D', 'd/e/f/g/E', 'd/e/f/g/h/F'];
      scene.file(scene.lower, names, OLD);
      scene.file(inside.upper, ['A'], NEW);
      const entry = inside.plink('A');
      await expect(runGoal(union, 'flush')).rejects.toMatchObject({ kind: 'operational' });
      expect(lstatSync(inside.upper.at(`.wh..wh.plnk/${entry}` as Bytes)).size).toBe(NEW.length);
      command('mount', '-o', 'remount,nr_inodes=100', small);
      const { outcome } = await runGoal(union, 'flush');
      expect([outcome.entriesRemoved, outcome.entriesKept]).toEqual([1, 0]);
      for (const name of names) expect(lstatSync(inside.upper.at(name as Bytes)).nlink).toBe(names.length);
    } finally {
      command('umount', small);
    }
  });

  test('an immutable directory costs its own entry alone', async () => {
    const scene = new AufsScene();
    group(scene, ['A', 'B']);
    scene.file(scene.lower, ['P', 'fixed/Q'], 'another file of the lower\n');
    scene.file(scene.upper, ['P'], 'another file of the lower\nand more\n');
    scene.plink('P', 12);
    mkdirSync(scene.upper.at(ascii('fixed')));
    command('chattr', '+i', join(scene.upper.root, 'fixed'));
    try {
      const { outcome } = await runGoal(scene.union, 'flush');
      expect([outcome.linksRestored, outcome.entriesRemoved, outcome.entriesKept]).toEqual([1, 1, 1]);
    } finally {
      command('chattr', '-i', join(scene.upper.root, 'fixed'));
    }
    const { outcome } = await runGoal(scene.union, 'flush');
    expect([outcome.linksRestored, outcome.entriesRemoved, outcome.entriesKept]).toEqual([1, 1, 0]);
  });

  test('an upper branch on xfs, its lower on tmpfs', async () => {
    const image = makeLoopImage('xfs');
    const scene = new AufsScene();
    try {
      const inside = new AufsScene(['rw'], image.mountpoint);
      command('mount', '-t', 'tmpfs', 'none', scene.lower.root);
      scene.file(scene.lower, ['A', 'd/B'], OLD);
      scene.file(inside.upper, ['A'], NEW);
      inside.plink('A');
      const union = {
        ...scene.union,
        branches: [inside.union.branches[0], scene.union.branches[1]].flatMap((b) => b ?? []),
      };
      const { outcome } = await runGoal(union, 'flush');
      expect([outcome.linksRestored, outcome.entriesRemoved]).toEqual([1, 1]);
      expect(lstatSync(inside.upper.at(ascii('d/B'))).nlink).toBe(2);
    } finally {
      image.dispose();
    }
  });

  test('special files of every kind and odd names', async () => {
    const scene = new AufsScene();
    const kinds = [
      ['fifo', 0o010644, 0n],
      ['socket', 0o140755, 0n],
      ['char', 0o020600, 0x105n],
      ['block', 0o060600, 0x701n],
    ] as const;
    mkdirSync(scene.lower.at(ascii('d')));
    for (const [i, [name, mode, dev]] of kinds.entries()) {
      scene.lower.mknod(name as Bytes, mode, dev);
      const alias = `d/${name}\n\xff\x1b[31m` as Bytes;
      linkSync(scene.lower.at(name as Bytes), scene.lower.at(alias));
      scene.upper.mknod(name as Bytes, mode, dev);
      chmodSync(scene.upper.at(name as Bytes), 0o640);
      const { atimeNs, mtimeNs } = lstatSync(scene.lower.at(name as Bytes), { bigint: true });
      scene.upper.setTimes(name as Bytes, atimeNs, mtimeNs);
      scene.plink(name, 11 + i);
    }
    const { outcome } = await runGoal(scene.union, 'flush');
    expect([outcome.linksRestored, outcome.entriesRemoved, outcome.entriesKept]).toEqual([4, 4, 0]);
    for (const [name] of kinds) expectOneFile(scene, [name, `d/${name}\n\xff\x1b[31m`]);
  });
});

const inode = (scene: AufsScene, name: string): bigint =>
  lstatSync(scene.upper.at(name as Bytes), { bigint: true }).ino;

import { chmodSync, chownSync, linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ascii, type Bytes, bytesFromText } from '../../src/sys/bytes.js';
import { inodeFlags, setInodeFlags } from '../../src/sys/filesystem.js';
import { link, mkdir } from '../../src/sys/names.js';
import { close, O_DIRECTORY, O_RDONLY, openBeneath, openDirectory, withFd } from '../../src/sys/open.js';
import { append, describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { overlayUnion, whileMounted } from '../support/overlay-place.js';
import { layersOf, viewOf } from '../support/overlay-verifier.js';
import { Place } from '../support/place.js';
import { posixAcl } from '../support/posix-acl.js';
import { type Goal, runGoal, statesOf } from '../support/restore-union.js';
import { byPath, snapshot } from '../support/tree.js';
import { expectSameTree, expectSameView } from '../support/tree-diff.js';

const INDEX = ['index=on'];
const goals: readonly Goal[] = ['restore', 'flush'];

/** `A` in the root, its aliases below directories that only the lower has. */
function deepLower(...aliases: readonly string[]): (lower: Place) => void {
  return (lower) => {
    writeFileSync(lower.at(ascii('A')), 'lowerdata\n');
    for (const alias of aliases) {
      mkdirSync(join(lower.root, alias, '..'), { recursive: true });
      linkSync(lower.at(ascii('A')), lower.at(alias as Bytes));
    }
  };
}

function flagsOf(path: Bytes): number {
  return withFd(openDirectory(path), (fd) => inodeFlags(fd) ?? 0);
}

function addFlags(path: Bytes, flags: number): void {
  withFd(openDirectory(path), (fd) => setInodeFlags(fd, (inodeFlags(fd) ?? 0) | flags));
}

describeIncidents('restored directories', ['ext4', 'xfs', 'btrfs'], (directory) => {
  test.each(['ext4', 'xfs', 'btrfs'] as const)(
    'default-acl-and-setgid-not-inherited-by-restored-directory on %s',
    async (type) => {
      const root = directory(type);
      const place = overlayWith(root, { lower: deepLower('d/e/B') });
      // The upper's parents would pass these on to whatever is made below them.
      const upper = new Place(root);
      upper.setXattr(ascii('upper'), 'system.posix_acl_default', posixAcl(1234, 7));
      chownSync(place.upper, 77, 78);
      chmodSync(place.upper, 0o2755);
      chmodSync(place.work, 0o2755);
      upper.setXattr(ascii('work'), 'system.posix_acl_default', posixAcl(1235, 7));
      upper.setXattr(ascii('work/index'), 'system.posix_acl_default', posixAcl(1236, 7));
      const before = viewOf(place, INDEX);

      await runGoal(overlayUnion(place, INDEX), 'restore');

      expectSameView(before.tree, viewOf(place, INDEX).tree);
      const made = byPath(snapshot(place.upper));
      for (const path of ['d', 'd/e'] as Bytes[]) {
        expect(made.get(path)).toMatchObject({ kind: 'directory', mode: '0755', owner: '0:0' });
        expect(made.get(path)?.xattrs).not.toContain('posix_acl');
      }
    },
  );

  test.each(goals)(
    'missing-parents: %s gives each its own mode, owner, xattrs, ACLs and times',
    async (goal) => {
      const root = directory();
      const place = overlayWith(root, {
        lower(lower) {
          deepLower('d/e/f/B', 'g/B')(lower);
          chownSync(join(lower.root, 'd'), 1000, 1001);
          chmodSync(join(lower.root, 'd'), 0o3771);
          chmodSync(join(lower.root, 'd/e'), 0o500);
          lower.setXattr(ascii('d/e'), 'user.kept', Buffer.from('yes'));
          lower.setXattr(ascii('d/e'), 'trusted.kept', Buffer.from([0]));
          lower.setXattr(ascii('d'), 'system.posix_acl_default', posixAcl(1000, 4));
          lower.setXattr(ascii('d/e/f'), 'system.posix_acl_access', posixAcl(1000, 6));
          for (const path of ['d/e/f', 'd/e', 'd', 'g', ''] as Bytes[]) {
            lower.setTimes(path, 1_111_111_111_222_222_222n, 1_000_000_000_999_999_999n);
          }
        },
      });
      const before = viewOf(place, INDEX);
      const { outcome } = await runGoal(overlayUnion(place, INDEX), goal);
      expect(outcome.directoriesMade).toBe(4);
      const after = viewOf(place, INDEX);
      expect(after.log).toEqual([]);
      expectSameView(before.tree, after.tree);
      expectSameView(before.tree, viewOf(place, ['index=off']).tree);
    },
  );

  test.each(['ext4', 'xfs', 'btrfs'] as const)(
    'inode-flags-of-missing-directories on %s: immutable and append-only stay, as do sync and noatime',
    async (type) => {
      const flags = { kept: 0x30, copied: 0x88, plain: 0 };
      const place = overlayWith(directory(type), {
        lower(lower) {
          deepLower(...Object.keys(flags).map((name) => `${name}/B`))(lower);
          for (const [name, value] of Object.entries(flags)) addFlags(lower.bytes(ascii(name)), value);
        },
      });
      const shown = (): number[] =>
        whileMounted(place, INDEX, (view) =>
          Object.keys(flags).map((name) => flagsOf(view.bytes(ascii(name))) & 0xb8),
        );
      expect(shown()).toEqual(Object.values(flags));
      await runGoal(overlayUnion(place, INDEX), 'flush');
      expect(shown()).toEqual(Object.values(flags));
      // The union itself must still be able to write there.
      expect(flagsOf(new Place(place.upper).bytes(ascii('kept'))) & 0x30).toBe(0);
    },
  );

  test('parents-that-exist-keep-their-times: access and modification time, to the nanosecond', async () => {
    const place = overlayWith(directory(), {
      lower: deepLower('d/B', 'd/C'),
      session(view) {
        append(view, 'A');
        writeFileSync(view.at(ascii('d/own')), '');
      },
    });
    const upper = new Place(place.upper);
    upper.setTimes(ascii('d'), 5_000_000_001n, 6_000_000_002n);
    upper.setTimes(ascii(''), 7_000_000_003n, 8_000_000_004n);
    await runGoal(overlayUnion(place, INDEX), 'flush');
    const after = byPath(snapshot(place.upper));
    expect(after.get(ascii('d'))).toMatchObject({ atime: '5000000001', mtime: '6000000002' });
    expect(after.get(ascii(''))).toMatchObject({ atime: '7000000003', mtime: '8000000004' });
  });

  test('setuid-and-capabilities-survive: a link never goes through chown', async () => {
    const capability = Buffer.from('0100000200040000000000000000000000000000', 'hex');
    const place = overlayWith(directory(), {
      lower: deepLower('d/B'),
      session(view) {
        append(view, 'A');
        chownSync(view.at(ascii('A')), 1000, 1000);
        chmodSync(view.at(ascii('A')), 0o6755);
        view.setXattr(ascii('A'), 'security.capability', capability);
      },
    });
    await runGoal(overlayUnion(place, INDEX), 'flush');
    const alias = byPath(viewOf(place, INDEX).tree).get('d/B' as Bytes);
    expect(alias).toMatchObject({ mode: '6755', owner: '1000:1000' });
    expect(alias?.xattrs).toContain(`security.capability=${capability.toString('hex')}`);
  });

  test.each(goals)('deeper-than-a-path-can-be-long: %s restores names beyond PATH_MAX', async (goal) => {
    const name = 'n'.repeat(250) as Bytes;
    const depth = 90;
    const place = overlayWith(directory(), {
      lower(lower) {
        writeFileSync(lower.at(ascii('A')), 'lowerdata\n');
        let at = openDirectory(bytesFromText(lower.root));
        const root = openDirectory(bytesFromText(lower.root));
        for (let level = 0; level < depth; level++) {
          mkdir(at, name, 0o755);
          const below = openBeneath(at, name, O_RDONLY | O_DIRECTORY);
          close(at);
          at = below;
          if (level % 30 === 29) link(root, ascii('A'), at, ascii('alias'));
        }
        close(at);
        close(root);
      },
    });
    const before = viewOf(place, INDEX);
    const { outcome } = await runGoal(overlayUnion(place, INDEX), goal);
    expect([outcome.linksRestored, outcome.directoriesMade]).toEqual([3, depth]);
    expectSameView(before.tree, viewOf(place, INDEX).tree);
    expectSameView(before.tree, viewOf(place, ['index=off']).tree);
  });

  test.each(goals)('names-of-any-bytes: %s restores them all', async (goal) => {
    const odd = [
      'new\nline/\xff\xfe',
      `${'L'.repeat(255)}/${'m'.repeat(255)}`,
      '#hash/-rf',
      ' /\x1b[31m',
      '.../co:lon',
    ];
    const place = overlayWith(directory(), {
      lower(lower) {
        writeFileSync(lower.at(ascii('A')), 'lowerdata\n');
        for (const path of odd as Bytes[]) {
          mkdirSync(lower.at(path.slice(0, path.indexOf('/')) as Bytes));
          linkSync(lower.at(ascii('A')), lower.at(path));
        }
      },
    });
    const before = viewOf(place, INDEX);
    const lowers = layersOf(place).lowers;
    const { found, outcome } = await runGoal(overlayUnion(place, INDEX), goal);
    expect(statesOf(found)).toEqual([['restorable', ...[...odd].sort()]]);
    expect(outcome.linksRestored).toBe(odd.length);
    expectSameView(before.tree, viewOf(place, INDEX).tree);
    expectSameTree(lowers, layersOf(place).lowers);
  });
});

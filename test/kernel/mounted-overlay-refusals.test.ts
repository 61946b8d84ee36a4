import { spawn } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { mountedPlan, restoreMounted } from '../../src/restore/mounted-overlay/mounted-overlay.js';
import { openMountedOverlay } from '../../src/restore/mounted-overlay/mounted-overlay-mount.js';
import { plan } from '../../src/restore/plan.js';
import { scan } from '../../src/scan/scan.js';
import { bytesFromText } from '../../src/sys/bytes.js';
import { interpose } from '../../src/sys/seam.js';
import { resolveTarget } from '../../src/union/target.js';
import type { OverlayUnion } from '../../src/union/union.js';
import { command } from '../support/command.js';
import { makeLoopImage } from '../support/loop-image.js';
import { json, liveDifferences, whileMountedAsync } from '../support/mounted-restore.js';
import { append, commonLower, describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { overlayOptions } from '../support/overlay-mount.js';
import { layersOf } from '../support/overlay-verifier.js';
import type { Place } from '../support/place.js';
import { runMain } from '../support/run-main.js';
import { groupsOf, snapshot } from '../support/tree.js';
import { expectSameTree } from '../support/tree-diff.js';

const document = async (...argv: string[]) => JSON.parse((await runMain(...argv, '--json')).out);

/** Groups of two, each with an alias in a directory of its own. */
const GROUPS = 40;

function manyDirectories(lower: Place): void {
  for (let i = 0; i < GROUPS; i++) {
    mkdirSync(join(lower.root, `${i}/deep`), { recursive: true });
    writeFileSync(join(lower.root, `file${i}`), 'old\n');
    linkSync(join(lower.root, `file${i}`), join(lower.root, `${i}/deep/alias`));
  }
}

const writeToAll = (view: Place): void => {
  for (let i = 0; i < GROUPS; i++) append(view, `file${i}`);
};

function mountedUnion(merged: string): OverlayUnion {
  const union = resolveTarget({ mountpoint: bytesFromText(merged) });
  if (union.format !== 'overlay') throw new Error('not an overlay');
  return union;
}

describeIncidents('a mounted overlay that is not as usual', ['ext4', 'tmpfs'], (directory) => {
  test('read-only: refused, nothing changed', async () => {
    const place = overlayWith(directory());
    await whileMountedAsync(place, ['index=on'], async () => {
      command('mount', '-o', 'remount,ro', place.merged);
      const before = layersOf(place);
      for (const words of [['restore'], ['flush'], ['flush', '--dry-run']]) {
        expect(await document(...words, place.merged)).toMatchObject({
          exitCode: 75,
          error: { code: 'read-only-mount', path: place.merged },
        });
      }
      const after = layersOf(place);
      expectSameTree(before.own, after.own);
      expectSameTree(before.lowers, after.lowers);
    });
  });

  test('index=off with entries: told plainly; without any: nothing to do', async () => {
    const place = overlayWith(directory());
    await whileMountedAsync(place, ['index=off'], async () => {
      expect(await document('flush', place.merged)).toMatchObject({
        exitCode: 75,
        error: { code: 'index-off' },
      });
    });
    const clean = overlayWith(directory(), { options: ['index=off'] });
    await whileMountedAsync(clean, ['index=off'], async () => {
      expect(await document('flush', clean.merged)).toMatchObject({ exitCode: 0, entries: [] });
    });
  });

  test('volatile: a crash would harm it, a restore does not', async () => {
    const place = overlayWith(directory());
    await whileMountedAsync(place, ['index=on', 'volatile'], async () => {
      expect(await json('restore', place.merged)).toMatchObject({ summary: { linksRestored: 2 } });
    });
  });

  test('the upper of the mount options is another directory by now', async () => {
    const place = overlayWith(directory());
    await whileMountedAsync(place, ['index=on'], async () => {
      renameSync(place.upper, `${place.upper}-moved`);
      command('cp', '-a', `${place.upper}-moved`, place.upper);
      const before = snapshot(place.merged);
      expect(await document('restore', place.merged)).toMatchObject({
        exitCode: 8,
        error: { code: 'other-upper' },
      });
      expect(liveDifferences(before, snapshot(place.merged))).toEqual([]);
    });
  });

  test('the mount options are relative paths', async () => {
    const place = overlayWith(directory());
    command(
      'sh',
      '-c',
      'cd "$1" && mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work,index=on overlay merged',
      'sh',
      join(place.upper, '..'),
    );
    try {
      expect(await document('restore', place.merged)).toMatchObject({
        exitCode: 8,
        error: { code: 'relative-branch', path: place.merged },
      });
    } finally {
      command('umount', place.merged);
    }
  });

  test('another mount than the one that was described', async () => {
    const place = overlayWith(directory());
    await whileMountedAsync(place, ['index=on'], async () => {
      const union = mountedUnion(place.merged);
      command('mount', '-t', 'tmpfs', 'tmpfs', place.merged);
      try {
        expect(() => openMountedOverlay(union)).toThrow(/something else is mounted/);
      } finally {
        command('umount', place.merged);
      }
      openMountedOverlay(union).close();
    });
  });

  test('a file system mounted inside: names under it are restored all the same', async () => {
    const place = overlayWith(directory());
    await whileMountedAsync(place, ['index=on'], async () => {
      command('mount', '-t', 'tmpfs', 'tmpfs', join(place.merged, 'd'));
      try {
        expect(await json('restore', place.merged)).toMatchObject({ summary: { linksRestored: 2 } });
      } finally {
        command('umount', join(place.merged, 'd'));
      }
      expect([...groupsOf(snapshot(place.merged)).values()]).toContainEqual(['A', 'B', 'd/C']);
    });
  });

  test('an immutable file is kept and named', async () => {
    const place = overlayWith(directory('ext4'));
    await whileMountedAsync(place, ['index=on'], async () => {
      command('chattr', '+i', join(place.merged, 'A'));
      try {
        const before = snapshot(place.merged);
        const done = await document('restore', place.merged);
        expect(done).toMatchObject({ exitCode: 4, summary: { linksRestored: 0 } });
        expect(done.entries[0].reason).toMatch(/immutable/);
        expect(liveDifferences(before, snapshot(place.merged))).toEqual([]);
      } finally {
        command('chattr', '-i', join(place.merged, 'A'));
      }
      expect(await json('restore', place.merged)).toMatchObject({ exitCode: 0 });
    });
  });

  test('an entry without any upper name', async () => {
    const place = overlayWith(directory(), {
      session: (view) => {
        append(view, 'A');
        rmSync(join(view.root, 'A'));
      },
    });
    await whileMountedAsync(place, ['index=on'], async () => {
      expect(await json('restore', place.merged)).toMatchObject({
        summary: { linksRestored: 2, linksMissing: 0 },
      });
      expect(readFileSync(join(place.upper, 'B'), 'latin1')).toBe('lowerdata\nX\n');
      expect(statSync(join(place.upper, 'd/C')).nlink).toBe(3);
    });
  });

  test('a path longer than the kernel takes', async () => {
    const place = overlayWith(directory(), {
      lower: (lower) => {
        commonLower(lower);
        const step = 'n'.repeat(250);
        const script = `f=$1/A; cd "$1"; for i in $(seq 20); do mkdir ${step}; cd -P ${step}; up=../$up; done; ln -P "\${up}A" alias`;
        command('bash', '-c', script, 'bash', lower.root);
      },
    });
    await whileMountedAsync(place, ['index=on'], async () => {
      expect(await json('restore', place.merged)).toMatchObject({
        summary: { linksRestored: 3, linksMissing: 0 },
      });
      expect(statSync(join(place.merged, 'A')).nlink).toBe(4);
    });
  });

  test('a dry run tells the plan and changes nothing', async () => {
    const place = overlayWith(directory());
    await whileMountedAsync(place, ['index=on'], async () => {
      const before = layersOf(place);
      expect(await json('flush', '--dry-run', place.merged)).toMatchObject({
        dryRun: true,
        exitCode: 0,
        entries: [{ restored: ['B', 'd/C'], removed: false }],
      });
      expectSameTree(before.own, layersOf(place).own);
      const { code, out } = await runMain('flush', place.merged);
      expect({ code, out }).toMatchObject({ code: 0 });
      expect(out).toContain('1 entry of the index stays');
      expect(out).toContain(`plinkctl flush --upper ${place.upper}`);
    });
  });

  test('in another mount namespace', async () => {
    const place = overlayWith(directory());
    const before = snapshot(place.upper);
    const script = 'mount -t overlay -o "$1" overlay "$2" && echo mounted && read line';
    const child = spawn('unshare', [
      '--mount',
      'sh',
      '-c',
      script,
      'sh',
      overlayOptions({ ...place, options: ['index=on'] }),
      place.merged,
    ]);
    try {
      await new Promise((resolve) => child.stdout.once('data', resolve));
      expect(await json('restore', place.merged)).toMatchObject({
        target: { mountpoint: expect.stringContaining('/proc/') },
        summary: { linksRestored: 2, linksMissing: 0 },
      });
      const inside = `/proc/${child.pid}/root${place.merged}`;
      expect(await json('flush', inside)).toMatchObject({ exitCode: 0 });
      const { out } = await runMain('flush', inside);
      expect(out).toContain(`unmounted (paths of the mount namespace of pid ${child.pid}):`);
      expect(out).toContain(`next: plinkctl flush --upper ${place.upper} --lower`);
      expect([...groupsOf(snapshot(place.upper)).values()]).toContainEqual(['A', 'B', 'd/C']);
      expect(snapshot(place.upper).length).toBeGreaterThan(before.length);
    } finally {
      child.stdin.end('\n');
      await new Promise((resolve) => child.once('exit', resolve));
    }
  });

  test('stopped at an entry boundary, then finished', async () => {
    const place = overlayWith(directory(), { lower: manyDirectories, session: writeToAll });
    await whileMountedAsync(place, ['index=on'], async () => {
      const union = mountedUnion(place.merged);
      const todo = mountedPlan(plan(await scan(union), 'restore'), 'restore');
      const stop = new AbortController();
      const mounted = openMountedOverlay(union);
      let touched = 0;
      interpose(({ name }, proceed) => {
        if (name === 'utimensat' && ++touched === 5) stop.abort();
        return proceed();
      });
      const stopped = await restoreMounted(mounted, todo, { signal: stop.signal });
      interpose(undefined);
      mounted.close();
      expect(stopped).toMatchObject({ stopped: true, linksRestored: 5 });
      expect(await json('restore', place.merged)).toMatchObject({
        exitCode: 0,
        summary: { linksRestored: GROUPS - 5, linksMissing: 0 },
      });
    });
  });

  test('a symlink to the mount point', async () => {
    const place = overlayWith(directory());
    await whileMountedAsync(place, ['index=on'], async () => {
      const link = join(place.merged, '../link');
      symlinkSync(place.merged, link);
      expect(await json('restore', link)).toMatchObject({ summary: { linksRestored: 2 } });
    });
  });
});

describeIncidents('a full disk under a mounted overlay', [], () => {
  test('stops with a plain word; a rerun completes', async () => {
    const image = makeLoopImage('ext4');
    try {
      const place = overlayWith(join(image.mountpoint, 'full'), {
        lower: manyDirectories,
        session: writeToAll,
      });
      await whileMountedAsync(place, ['index=on'], async () => {
        const filler = join(image.mountpoint, 'filler');
        command('sh', '-c', 'dd if=/dev/zero of="$1" bs=1k 2>/dev/null; sync "$1"; true', 'sh', filler);
        // Room for some of the directories.
        command('truncate', '--size=-40K', filler);
        const before = snapshot(place.merged);
        const refused = await document('restore', place.merged);
        expect(refused).toMatchObject({ exitCode: 8, error: { code: 'write' } });
        const [, told] =
          /^(\d+) names? (?:was|were) put back before that; free some space/.exec(refused.error.hint) ?? [];
        expect(liveDifferences(before, snapshot(place.merged))).toEqual([]);
        rmSync(filler);
        const { exitCode, summary } = await json('restore', place.merged);
        expect({ exitCode, missing: summary.linksMissing }).toEqual({ exitCode: 0, missing: 0 });
        // The first run had got somewhere, and said how far.
        expect(summary.linksRestored).toBeLessThan(GROUPS);
        expect(summary.linksRestored + Number(told)).toBe(GROUPS);
        expect(liveDifferences(before, snapshot(place.merged))).toEqual([]);
        for (let i = 0; i < GROUPS; i++) {
          expect(statSync(join(place.upper, `${i}/deep/alias`)).ino).toBe(
            statSync(join(place.upper, `file${i}`)).ino,
          );
        }
      });
    } finally {
      image.dispose();
    }
  });
});

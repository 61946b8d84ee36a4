import { linkSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { mountedPlan, restoreMounted } from '../../src/restore/mounted-overlay/mounted-overlay.js';
import { openMountedOverlay } from '../../src/restore/mounted-overlay/mounted-overlay-mount.js';
import { plan } from '../../src/restore/plan.js';
import { scan } from '../../src/scan/scan.js';
import { bytesFromText } from '../../src/sys/bytes.js';
import { interpose } from '../../src/sys/seam.js';
import { resolveTarget } from '../../src/union/target.js';
import type { OverlayUnion } from '../../src/union/union.js';
import { json, liveDifferences, whileMountedAsync } from '../support/mounted-restore.js';
import { append, describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { snapshot, type Tree } from '../support/tree.js';

/** What users of the mount may do to the missing name `d/C` while it is looked at. */
const actions: Readonly<Record<string, (merged: string) => void>> = {
  'removes it': (merged) => unlinkSync(join(merged, 'd/C')),
  'renames it': (merged) => renameSync(join(merged, 'd/C'), join(merged, 'elsewhere')),
  'replaces it': (merged) => {
    writeFileSync(join(merged, 'new'), 'another file\n');
    renameSync(join(merged, 'new'), join(merged, 'd/C'));
  },
  'puts another lower file in its place': (merged) => renameSync(join(merged, 'solo'), join(merged, 'd/C')),
  'makes it a symlink to another file': (merged) => {
    unlinkSync(join(merged, 'd/C'));
    symlinkSync('../solo', join(merged, 'd/C'));
  },
  'makes its directory a symlink': (merged) => {
    rmSync(join(merged, 'd'), { recursive: true });
    symlinkSync('.', join(merged, 'd'));
    writeFileSync(join(merged, 'C'), 'another file\n');
  },
  'removes the whole group': (merged) => {
    for (const name of ['A', 'B', 'd/C']) unlinkSync(join(merged, name));
  },
  'writes to the file': (merged) => writeFileSync(join(merged, 'B'), 'written meanwhile\n'),
};

/** A restore of the mounted overlay in which `act` happens before system call number `turn`; false if there are fewer. */
async function restoreDisturbed(union: OverlayUnion, turn: number, act: () => void): Promise<boolean> {
  const todo = mountedPlan(plan(await scan(union), 'restore'), 'restore');
  const mounted = openMountedOverlay(union);
  let calls = 0;
  let done = false;
  interpose((_, proceed) => {
    if (calls++ === turn) {
      interpose(undefined);
      done = true;
      act();
    }
    return proceed();
  });
  try {
    const outcome = await restoreMounted(mounted, todo);
    expect(outcome.entries.filter(({ attention }) => attention)).toEqual([]);
  } finally {
    interpose(undefined);
    mounted.close();
  }
  return done;
}

describeIncidents('users change a mounted overlay while its links are restored', ['ext4'], (directory) => {
  afterEach(() => interpose(undefined));

  test.each(Object.entries(actions))('somebody %s, before any system call', async (_, act) => {
    let turns = 0;
    for (let disturbed = true; disturbed; turns += 1) {
      const place = overlayWith(directory());
      disturbed = await whileMountedAsync(place, ['index=on'], async () => {
        const union = resolveTarget({ mountpoint: bytesFromText(place.merged) });
        if (union.format !== 'overlay') throw new Error('no overlay');
        let before: Tree = snapshot(place.merged);
        const done = await restoreDisturbed(union, turns, () => {
          act(place.merged);
          before = snapshot(place.merged);
        });
        expect({ turns, lines: liveDifferences(before, snapshot(place.merged)) }).toEqual({
          turns,
          lines: [],
        });
        return done;
      });
    }
    expect(turns).toBeGreaterThan(15);
  });

  test('a directory that is renamed while it is looked for is no finding', async () => {
    const options = ['index=on', 'redirect_dir=on'];
    const place = overlayWith(directory(), {
      options,
      lower: (lower) => {
        mkdirSync(join(lower.root, 'z'));
        writeFileSync(join(lower.root, 'z/a'), 'old\n');
        linkSync(join(lower.root, 'z/a'), join(lower.root, 'z/b'));
      },
      session: (view) => {
        for (const name of ['z/a', 'z/b']) append(view, name);
      },
    });
    await whileMountedAsync(place, options, async () => {
      let renamed = false;
      interpose(({ name, path }, proceed) => {
        if (!renamed && name === 'openat2' && path === 'z') {
          renamed = true;
          renameSync(join(place.merged, 'z'), join(place.merged, 'y'));
        }
        return proceed();
      });
      const done = await json('flush', place.merged);
      expect(renamed).toBe(true);
      expect(done).toMatchObject({ exitCode: 0, entries: [{ state: 'complete', names: ['y/a', 'y/b'] }] });
    });
  });
});

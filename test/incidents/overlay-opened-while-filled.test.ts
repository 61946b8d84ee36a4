import { spawn } from 'node:child_process';
import {
  chownSync,
  closeSync,
  existsSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { apply } from '../../src/restore/apply.js';
import { plan } from '../../src/restore/plan.js';
import { scan } from '../../src/scan/scan.js';
import { ascii, bytesFromText } from '../../src/sys/bytes.js';
import { mount } from '../../src/sys/mount.js';
import { interpose } from '../../src/sys/seam.js';
import { describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { overlayOptions } from '../support/overlay-mount.js';
import { type OverlayPlace, overlayUnion } from '../support/overlay-place.js';
import { indexNames, viewOf } from '../support/overlay-verifier.js';
import { pause } from '../support/pause.js';
import { runGoal } from '../support/restore-union.js';
import { expectSameView } from '../support/tree-diff.js';
import { unmount } from '../support/unmount.js';

const METACOPY = ['index=on', 'metacopy=on', 'redirect_dir=on'];
const SIZE = 6 * 1024 * 1024;
const AT = 4 * 1024 * 1024;

function metadataOnly(root: string): OverlayPlace {
  return overlayWith(root, {
    options: METACOPY,
    lower(lower) {
      writeFileSync(lower.at(ascii('A')), Buffer.alloc(SIZE, 'lower'));
      linkSync(lower.at(ascii('A')), lower.at(ascii('B')));
    },
    session: (view) => chownSync(view.at(ascii('A')), 1000, 1001),
  });
}

describeIncidents('a file that is given its data', ['ext4', 'xfs', 'btrfs'], (directory) => {
  test.each(['ext4', 'xfs', 'btrfs'] as const)(
    'and written to through a mount meanwhile keeps what was written (%s)',
    async (type) => {
      const root = directory(type);
      const place = metadataOnly(root);
      const found = await scan(overlayUnion(place, METACOPY));
      const ready = join(root, 'ready');
      const writes = `: > "$1"; printf USERDATA | dd of="$2" bs=8 seek=$(($3 / 8)) conv=notrunc status=none`;
      let written: Promise<unknown> | undefined;
      interpose(({ name }, proceed) => {
        if (name !== 'pwrite' || written !== undefined) return proceed();
        const options = bytesFromText(overlayOptions({ ...place, options: METACOPY }));
        mount(ascii('overlay'), bytesFromText(place.merged), ascii('overlay'), 0, options);
        const user = spawn('bash', ['-c', writes, 'bash', ready, join(place.merged, 'A'), `${AT}`], {
          stdio: 'inherit',
        });
        written = new Promise((resolve) => user.once('close', resolve));
        while (!existsSync(ready)) pause(10);
        // By then he waits in open(2).
        pause(300);
        return proceed();
      });
      try {
        const outcome = await apply(plan(found, 'flush')).finally(() => interpose(undefined));
        await written;
        expect(outcome.entries).toMatchObject([
          { removed: false, attention: true, reason: expect.stringMatching(/^somebody has it open/) },
        ]);
        const expected = Buffer.alloc(SIZE, 'lower');
        expected.write('USERDATA', AT);
        for (const name of ['A', 'B'])
          expect(readFileSync(join(place.merged, name)).equals(expected)).toBe(true);
      } finally {
        unmount(place.merged);
      }
      rmSync(ready);
      const before = viewOf(place, METACOPY);
      expect(indexNames(place)).toHaveLength(1);
      await runGoal(overlayUnion(place, METACOPY), 'flush');
      expectSameView(before.tree, viewOf(place, ['index=off', 'metacopy=off']).tree);
    },
  );

  test('is left alone while somebody has it open', async () => {
    const place = metadataOnly(directory());
    const before = viewOf(place, METACOPY);
    const fd = openSync(join(place.upper, 'A'), 'r');
    try {
      const { outcome } = await runGoal(overlayUnion(place, METACOPY), 'flush');
      expect(outcome.entries).toMatchObject([
        { removed: false, attention: true, reason: expect.stringMatching(/^somebody has it open/) },
      ]);
    } finally {
      closeSync(fd);
    }
    expectSameView(before.tree, viewOf(place, METACOPY).tree);
    await runGoal(overlayUnion(place, METACOPY), 'flush');
    expectSameView(before.tree, viewOf(place, ['index=off', 'metacopy=off']).tree);
    expect(indexNames(place)).toEqual([]);
  });
});

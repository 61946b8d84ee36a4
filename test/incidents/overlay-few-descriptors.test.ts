import { spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { append, describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { viewOf } from '../support/overlay-verifier.js';
import { expectSameView } from '../support/tree-diff.js';

const program = fileURLToPath(new URL('../../bin/plinkctl.js', import.meta.url));
const OPTIONS = ['index=on'];
const NAMES = 150;

describeIncidents('a process that may have few files open', ['ext4'], (directory) => {
  test.each([64, 128])('puts names back in more directories than its %i', (limit) => {
    const place = overlayWith(directory(), {
      lower: ({ root }) => {
        writeFileSync(join(root, 'A'), 'old\n');
        for (let i = 0; i < NAMES; i += 1) {
          mkdirSync(join(root, `d${i}`));
          linkSync(join(root, 'A'), join(root, `d${i}`, 'name'));
        }
      },
      session: (view) => append(view, 'A'),
    });
    const before = viewOf(place, OPTIONS).tree;
    const words = ['flush', '--upper', place.upper, '--work', place.work, '--lower', place.lowers[0] ?? ''];
    const line = ['-c', `ulimit -n ${limit} && exec "$@"`, 'sh', process.execPath, program, ...words];
    const { status, stderr } = spawnSync('sh', line, { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(readdirSync(join(place.work, 'index'))).toEqual([]);
    for (const options of [OPTIONS, ['index=off']]) expectSameView(before, viewOf(place, options).tree);
  });

  // V8 aborts a process whose second thread finds no room.
  test('finds names far away with few addresses, too', () => {
    const groups = 600;
    const place = overlayWith(directory(), {
      lower: ({ root }) => {
        for (let i = 0; i < 5 * groups; i += 1) mkdirSync(join(root, `d${i}`));
        for (let i = 0; i < groups; i += 1) {
          writeFileSync(join(root, `d${i}`, 'A'), 'old\n');
          linkSync(join(root, `d${i}`, 'A'), join(root, `d${5 * groups - 1 - i}`, 'B'));
        }
      },
      session: (view) => {
        for (let i = 0; i < groups; i += 1) append(view, `d${i}/A`);
      },
    });
    const words = ['list', '--json', '--upper', place.upper, '--work', place.work];
    const line = ['-c', `ulimit -v 1200000 && exec "$@"`, 'sh', process.execPath, program, ...words];
    const { status, stdout } = spawnSync('sh', [...line, '--lower', place.lowers[0] ?? ''], {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    const { entries, unreadable } = JSON.parse(stdout);
    expect({ status, unreadable }).toEqual({ status: 0, unreadable: [] });
    expect(entries.filter(({ state }: { state: string }) => state === 'restorable')).toHaveLength(groups);
  });
});

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { deepFacts, makeDeep } from '../support/deep-tree.js';
import { describeIncidents, overlayWith } from '../support/overlay-incident.js';
import type { OverlayPlace } from '../support/overlay-place.js';
import { overlayWords, runRepair } from '../support/repair-run.js';
import { snapshot, type Tree } from '../support/tree.js';
import { expectSameTree } from '../support/tree-diff.js';

const program = fileURLToPath(new URL('../../bin/plinkctl.js', import.meta.url));
const LEVELS = 5200;
/** Every directory of a copy is synced. */
const TIMEOUT_MS = 240_000;
const LEFTOVER = '#77';

const bothOf = ({ upper, work }: OverlayPlace): Tree[] => [snapshot(upper), snapshot(work)];

/** `work/work` loses a directory, and with it only what that shows. */
function expectWithout(before: readonly Tree[], place: OverlayPlace): void {
  const after = bothOf(place);
  for (const [i, tree] of before.entries())
    expectSameTree(tree, after[i] ?? [], {
      unless: (fact, { path }) =>
        path === 'work' && ['mtime', 'ctime', 'atime', 'size', 'blocks'].includes(fact),
    });
}

interface KeptNote {
  readonly files: readonly { readonly path: string; readonly in?: number; readonly kind: string }[];
}

describeIncidents('a leftover of thousands of levels', ['ext4', 'tmpfs'], (directory) => {
  test('without data: is told of, and goes', async () => {
    const place = overlayWith(directory());
    const before = bothOf(place);
    makeDeep(join(place.work, 'work'), LEFTOVER, LEVELS);
    const words = overlayWords(place, ['index=on']);
    const leftover = { code: 'deep-work-leftover', path: `work/${LEFTOVER}`, safe: true };
    expect(await runRepair(['check', ...words])).toMatchObject({ exitCode: 4, findings: [leftover] });
    const done = await runRepair(['repair', '-y', ...words]);
    expect(done).toMatchObject({ exitCode: 0, repairs: [{ code: 'deep-work-leftover', done: true }] });
    expectWithout(before, place);
  });

  test.each(['ext4', 'tmpfs'] as const)(
    'with data: goes whole to a rescue directory on %s',
    async (type) => {
      const place = overlayWith(directory());
      const rescue = join(directory(type), 'rescue');
      const before = bothOf(place);
      makeDeep(join(place.work, 'work'), LEFTOVER, LEVELS, 'left over');
      const facts = deepFacts(join(place.work, 'work'), LEFTOVER);
      expect(facts).toHaveLength(LEVELS + 1);
      const words = overlayWords(place, ['index=on']);
      expect((await runRepair(['repair', '-y', ...words])).exitCode).toBe(4);
      expect(deepFacts(join(place.work, 'work'), LEFTOVER)).toEqual(facts);
      expect((await runRepair(['repair', '-y', '--rescue', rescue, ...words])).exitCode).toBe(0);
      expectWithout(before, place);
      const [token = ''] = readdirSync(rescue).filter((name) => !name.endsWith('.json'));
      expect(deepFacts(join(rescue, token), LEFTOVER)).toEqual(facts);

      const text = readFileSync(join(rescue, `${token}.json`), 'utf8');
      expect(text.length).toBeLessThan(10_000 * 1024);
      const { files } = JSON.parse(text) as KeptNote;
      expect(files.map(({ kind }) => kind)).toEqual([...Array(LEVELS).fill('directory'), 'file']);
      expect(files[2]?.path).toBe(`${LEFTOVER}/d/d`);
      expect(files.slice(-2)).toMatchObject([
        { path: 'd', in: LEVELS - 2 },
        { path: 'data', in: LEVELS - 1 },
      ]);
    },
    TIMEOUT_MS,
  );

  test(
    'with few descriptors: the check comes to its end, and so does the repair',
    () => {
      const place = overlayWith(directory());
      const rescue = join(directory('tmpfs'), 'rescue');
      const before = bothOf(place);
      makeDeep(join(place.work, 'work'), LEFTOVER, LEVELS, 'left over');
      const run = (...words: string[]) => {
        const line = ['-c', 'ulimit -n 64 && exec "$@"', 'sh', process.execPath, program, ...words];
        const { status, stderr } = spawnSync('sh', [...line, ...overlayWords(place, ['index=on'])], {
          encoding: 'utf8',
        });
        return { status, stderr };
      };
      expect(run('check')).toEqual({ status: 4, stderr: '' });
      expect(run('repair', '-y', '--rescue', rescue)).toEqual({ status: 0, stderr: '' });
      expectWithout(before, place);
      expect(readdirSync(rescue)).toHaveLength(2);
    },
    TIMEOUT_MS,
  );
});

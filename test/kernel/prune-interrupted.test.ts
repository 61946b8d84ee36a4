import { appendFileSync, existsSync, readdirSync, readFileSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ascii, type Bytes } from '../../src/sys/bytes.js';
import { interpose } from '../../src/sys/seam.js';
import { systemCalls } from '../../src/sys/system-call.js';
import { append, describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { type OverlayPlace, whileMounted } from '../support/overlay-place.js';
import { indexNames } from '../support/overlay-verifier.js';
import { runMain } from '../support/run-main.js';
import { stopSoon } from '../support/stop-soon.js';
import { snapshot } from '../support/tree.js';
import { expectSameTree } from '../support/tree-diff.js';

const EIO = 5;
const TEXT = 'lowerdata\nX\n';

function orphaned(root: string): OverlayPlace {
  const place = overlayWith(root, { session: (view) => append(view, 'A') });
  whileMounted(place, ['index=off'], (view) => unlinkSync(view.at(ascii('B'))));
  whileMounted(place, ['index=on'], (view) => {
    for (const name of ['A', 'd/C']) unlinkSync(view.at(name as Bytes));
  });
  return place;
}

const prune = ({ upper, lowers, work }: OverlayPlace, rescue: string) =>
  runMain(
    'prune',
    '--json',
    '--rescue',
    rescue,
    '--upper',
    upper,
    '--lower',
    lowers[0] as string,
    '--work',
    work,
  );

/** Fails the effect with this number, and every later one: as a disk that goes away. */
function failFrom(first: number): { count: number } {
  const seen = { count: 0 };
  interpose((call, proceed) => {
    if (systemCalls[call.name] !== 'effect' || call.name === 'mount') return proceed();
    seen.count += 1;
    return seen.count >= first ? -EIO : proceed();
  });
  return seen;
}

/** The files of a rescue directory that are there under their own name. */
const rescued = (rescue: string): string[] =>
  existsSync(rescue)
    ? readdirSync(rescue).filter((name) => !name.endsWith('.json') && !name.startsWith('#'))
    : [];

describeIncidents('a prune with a rescue directory', ['ext4', 'tmpfs'], (directory) => {
  test.each(['ext4', 'tmpfs'] as const)(
    'the rescue on %s: stopped at any effect, the data is whole in one place, and a rerun ends it',
    async (type) => {
      let effects = Number.POSITIVE_INFINITY;
      for (let first = 1; first <= effects; first += 1) {
        const place = orphaned(directory('ext4'));
        const [entry = ''] = indexNames(place);
        const rescue = join(directory(type), 'rescue');
        const seen = failFrom(first);
        try {
          const { code } = await prune(place, rescue);
          if (seen.count < first) effects = seen.count;
          else expect(code).toBe(8);
        } finally {
          interpose(undefined);
        }
        const inIndex = existsSync(join(place.work, 'index', entry));
        const found = [
          ...(inIndex ? [join(place.work, 'index', entry)] : []),
          ...rescued(rescue).map((name) => join(rescue, name)),
        ];
        expect(found.length).toBeGreaterThan(0);
        for (const file of found) expect(readFileSync(file, 'utf8')).toBe(TEXT);

        expect((await prune(place, rescue)).code).toBe(0);
        expect(indexNames(place)).toEqual([]);
        const last = rescued(rescue);
        expect(last.length).toBeGreaterThan(0);
        for (const name of last) expect(readFileSync(join(rescue, name), 'utf8')).toBe(TEXT);
      }
      expect(effects).toBeGreaterThan(3);
    },
  );

  test('stopped-while-it-copies: the entry stays as it is, and no part of a copy', async () => {
    const place = orphaned(directory('ext4'));
    const [entry = ''] = indexNames(place);
    const file = join(place.work, 'index', entry);
    appendFileSync(file, Buffer.alloc(16 * 1024 * 1024, 'X\n'));
    const rescue = join(directory('tmpfs'), 'rescue');
    const before = snapshot(join(place.work, 'index'));
    let writes = 0;
    interpose(({ name }, proceed) => {
      if (name === 'pwrite' && ++writes === 8) stopSoon();
      return proceed();
    });
    const { code, out } = await prune(place, rescue).finally(() => interpose(undefined));
    expect(code).toBe(143);
    expect(JSON.parse(out)).toMatchObject({ stopped: true, summary: { entriesRemoved: 0 } });
    expectSameTree(before, snapshot(join(place.work, 'index')));
    expect(readdirSync(rescue)).toEqual([]);

    expect((await prune(place, rescue)).code).toBe(0);
    expect(indexNames(place)).toEqual([]);
    expect(rescued(rescue)).toEqual([entry]);
    expect(statSync(join(rescue, entry)).size).toBe(TEXT.length + 16 * 1024 * 1024);
  });
});

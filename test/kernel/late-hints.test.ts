import { linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { ext4Hints } from '../../src/scan/hints/ext4-hints.js';
import type { LikelyDirectory, NameHints } from '../../src/scan/hints/name-hints.js';
import { type HandleLayer, openOverlayLayers } from '../../src/scan/overlay/overlay-layers.js';
import type { ScanResult } from '../../src/scan/result.js';
import { scan } from '../../src/scan/scan.js';
import type { ScanOptions } from '../../src/scan/scan-options.js';
import { type Bytes, bytesFromText } from '../../src/sys/bytes.js';
import { handleOf } from '../../src/sys/handle.js';
import { openDirectory, withFd } from '../../src/sys/open.js';
import { interpose } from '../../src/sys/seam.js';
import { append, describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { type OverlayPlace, overlayPlace, overlayUnion, whileMounted } from '../support/overlay-place.js';

const DIRECTORIES = 400;
const directory = (i: number): string => `d${i % 20}/e${i}`;

/** A tree with many directories; `f` has names far apart. */
function fill(lower: string): void {
  for (let i = 0; i < DIRECTORIES; i += 1) mkdirSync(join(lower, directory(i)), { recursive: true });
  writeFileSync(join(lower, 'f'), 'old\n');
  for (const i of [7, 55, 399]) linkSync(join(lower, 'f'), join(lower, directory(i), `f${i}`));
}

const lower = (path: string) => ({ lower: () => fill(path) });

/** Those around known names are left out: in a tree as small as this they are all. */
const ways = { near: 0 };

const facts = (result: ScanResult): unknown => ({ ...result, walked: undefined });

async function both(
  place: OverlayPlace,
  options: ScanOptions = {},
): Promise<{ hinted: ScanResult; walked: ScanResult }> {
  const union = overlayUnion(place);
  const walked = await scan(union, { hints: [], ways: { early: false } });
  const hinted = await scan(union, { ways, ...options });
  expect(facts(hinted)).toEqual(facts(walked));
  return { hinted, walked };
}

const entered = ({ walked }: ScanResult): number => walked.directories;
const missing = ({ entries }: ScanResult): unknown[] =>
  entries.flatMap((entry) => entry.missing.map(({ path }) => path)).sort();

afterEach(() => interpose(undefined));

describeIncidents('an ext4 whose device tells where names are', ['ext4', 'btrfs'], (home) => {
  const changed = (root: string): OverlayPlace =>
    overlayWith(root, { ...lower(join(root, 'lower')), session: (view) => append(view, 'f') });

  /** Tells late, one piece after another, what `tell` makes of the only lower. */
  function telling(tell: (layer: HandleLayer, round: number) => LikelyDirectory[]): NameHints {
    let rounds = 3;
    return {
      late: {
        mayKnow: () => true,
        search: ([layer]) => ({
          async next() {
            rounds -= 1;
            return rounds < 0 || layer === undefined ? undefined : tell(layer, rounds + 1);
          },
          async end() {},
        }),
      },
    };
  }

  test('nothing else is walked', async () => {
    const { hinted, walked } = await both(changed(home()));
    expect(missing(hinted)).toEqual(['d15/e55/f55', 'd19/e399/f399', 'd7/e7/f7']);
    // The root, three directories, and theirs.
    expect(entered(hinted)).toBe(7);
    expect(entered(walked)).toBeGreaterThan(DIRECTORIES);
  });

  test('names around known ones are looked for first: the device is not read', async () => {
    const place = changed(home());
    let read = 0;
    interpose(({ name }, proceed) => {
      if (name === 'pread') read += 1;
      return proceed();
    });
    await scan(overlayUnion(place));
    expect(read).toBe(0);
  });

  test('names that the upper hides', async () => {
    const root = home();
    const place = overlayWith(root, {
      ...lower(join(root, 'lower')),
      session(view) {
        append(view, 'f');
        rmSync(view.at('d7' as Bytes), { recursive: true });
        rmSync(view.at('d15/e55' as Bytes), { recursive: true });
        mkdirSync(view.at('d15/e55' as Bytes));
      },
    });
    const { hinted } = await both(place);
    expect(missing(hinted)).toEqual(['d19/e399/f399']);
    expect(entered(hinted)).toBeLessThan(60);
  });

  test('an entry whose lower file is gone makes the walk a whole one: the device is not read', async () => {
    const root = home();
    const place = overlayWith(root, {
      lower() {
        fill(join(root, 'lower'));
        writeFileSync(join(root, 'lower/gone'), 'old\n');
        linkSync(join(root, 'lower/gone'), join(root, 'lower/d3/gone'));
      },
      session(view) {
        append(view, 'f');
        append(view, 'gone');
      },
    });
    for (const name of ['gone', 'd3/gone']) rmSync(join(root, 'lower', name));
    const walked = await scan(overlayUnion(place), { hints: [], ways: { early: false } });
    let blocks = 0;
    interpose(({ name, path }, proceed) => {
      if (name === 'openat' && path.startsWith('/dev/')) blocks = 0;
      if (name === 'pread') blocks += 1;
      return proceed();
    });
    const hinted = await scan(overlayUnion(place), { ways });
    // Only how many directories there are.
    expect(blocks).toBe(2);
    expect(facts(hinted)).toEqual(facts(walked));
    expect(entered(hinted)).toBe(entered(walked));
  });

  test('a name outside of the lower is counted where it lies', async () => {
    const root = home();
    const place = changed(root);
    mkdirSync(join(root, 'elsewhere'));
    linkSync(join(root, 'lower/f'), join(root, 'elsewhere/f'));
    const { hinted } = await both(place);
    expect(missing(hinted)).toHaveLength(3);
    expect(entered(hinted)).toBe(7);
  });

  test('two lowers of one file system: what one has is not outside of the other', async () => {
    const root = home();
    const place = overlayPlace(root, [join(root, 'top'), join(root, 'lower')]);
    fill(join(root, 'lower'));
    mkdirSync(join(root, 'top/d7'));
    whileMounted(place, ['index=on'], (view) => append(view, 'f'));
    linkSync(join(root, 'lower/f'), join(root, 'top/d7/other'));
    const { hinted } = await both(place);
    expect(missing(hinted)).toHaveLength(4);
    expect(entered(hinted)).toBeLessThan(12);
  });

  test('a lower that is another directory with the same number of the same file system is not found', async () => {
    const root = home();
    const place = changed(root);
    rmSync(join(root, 'lower/f'));
    rmSync(join(root, 'lower', directory(7), 'f7'));
    const { hinted } = await both(place);
    expect(missing(hinted)).toHaveLength(2);
  });

  test.each([
    ['may not be opened', 'openat', 13],
    ['is not there', 'openat', 2],
    ['cannot be read', 'pread', 5],
    ['ends at once', 'pread', 0],
  ] as const)('a device that %s: the whole tree is walked', async (_, call, errno) => {
    const root = home();
    const place = changed(root);
    // So that no chance ends the walk early.
    linkSync(join(root, 'lower/f'), join(root, 'outside'));
    const { walked } = await both(place);
    interpose(({ name, path }, proceed) =>
      name === call && (call === 'pread' || path.startsWith('/dev/')) ? -errno : proceed(),
    );
    const refused = await scan(overlayUnion(place), { ways });
    expect(entered(refused)).toBe(entered(walked));
    expect(facts(refused)).toEqual(facts(walked));
  });

  test('nobody but who may read the device is told', () => {
    const overlay = openOverlayLayers(overlayUnion(changed(home())));
    try {
      const knows = (): unknown => ext4Hints.late?.mayKnow(overlay.lowers, 1);
      expect(knows()).toBe(true);
      process.seteuid?.(65534);
      try {
        expect(knows()).toBe(false);
      } finally {
        process.seteuid?.(0);
      }
    } finally {
      overlay.close();
    }
  });

  test('so many files that their names may be everywhere: they are walked for', () => {
    const overlay = openOverlayLayers(overlayUnion(changed(home())));
    expect(ext4Hints.late?.mayKnow(overlay.lowers, 1_000_000)).toBe(false);
    overlay.close();
  });

  test('another file system tells nothing', () => {
    const root = home('btrfs');
    const overlay = openOverlayLayers(overlayUnion(changed(root)));
    expect(ext4Hints.late?.mayKnow(overlay.lowers, 1)).toBe(false);
    overlay.close();
  });

  test.each(['d7/e7', 'd7', ''])(
    'a directory of a layer that is said to lie outside (%s) does not count twice',
    async (path) => {
      const place = changed(home());
      const lying = telling((layer) => {
        const handle = handleOf(layer.root, path as Bytes);
        if (handle === undefined) throw new Error('no handle');
        return [{ outside: [layer], directory: handle }];
      });
      const { hinted } = await both(place, { hints: [lying] });
      expect(missing(hinted)).toHaveLength(3);
    },
  );

  test('a directory outside that is told of three times counts once', async () => {
    const root = home();
    const place = changed(root);
    mkdirSync(join(root, 'elsewhere'));
    linkSync(join(root, 'lower/f'), join(root, 'elsewhere/f'));
    const elsewhere = withFd(openDirectory(bytesFromText(join(root, 'elsewhere'))), (fd) =>
      handleOf(fd, '' as Bytes),
    );
    const thrice = telling((layer) =>
      elsewhere === undefined ? [] : [{ outside: [layer], directory: elsewhere }],
    );
    const { hinted } = await both(place, { hints: [thrice] });
    expect(missing(hinted)).toHaveLength(3);
  });

  test('a hidden directory that is told of early and late counts once', async () => {
    const root = home();
    const place = overlayWith(root, {
      lower() {
        fill(join(root, 'lower'));
        // Counted twice they would stand for all the others.
        for (let i = 0; i < 5; i += 1) linkSync(join(root, 'lower/f'), join(root, `lower/d7/e7/more${i}`));
      },
      session(view) {
        append(view, 'f');
        rmSync(view.at('d7/e7' as Bytes), { recursive: true });
      },
    });
    const hidden = 'd7/e7' as Bytes;
    const twice: NameHints = {
      // With nothing new it would not be asked again.
      ...telling((layer, round) => [hidden, directory(20 * round) as Bytes].map((path) => ({ layer, path }))),
      async directoriesOf() {
        return [hidden];
      },
    };
    const { hinted } = await both(place, { hints: [twice] });
    expect(missing(hinted)).toHaveLength(2);
  });

  test('with mounts shown inside of a lower nothing is known to lie outside', async () => {
    const root = home();
    const place = changed(root);
    linkSync(join(root, 'lower/f'), join(root, 'outside'));
    // The private copy of a lower's mount is refused.
    interpose(({ name }, proceed) => (name === 'open_tree' ? -1 : proceed()));
    const { hinted, walked } = await both(place);
    expect(entered(hinted)).toBe(entered(walked));
  });
});

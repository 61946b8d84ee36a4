import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Unreadable } from '../../../src/scan/result.js';
import { runWalk } from '../../../src/scan/walk/run-walk.js';
import type { WalkDirectory, WalkVisitor } from '../../../src/scan/walk/walk-visitor.js';
import { ascii, type Bytes, joinBytes } from '../../../src/sys/bytes.js';
import { close, openDirectory } from '../../../src/sys/open.js';
import { interpose } from '../../../src/sys/seam.js';
import { overlayRules } from '../../../src/union/overlay-rules.js';
import type { Layer, LayerDirectory } from '../../../src/union/view-rules.js';
import { type TempDir, tempDir } from '../../support/temp-dir.js';

const LAYERS = ['upper', 'middle', 'lower'] as const;

/** What a visitor was told. */
interface Seen {
  /** `branch/path in the layer`, with the union's paths of the directory and of those above it. */
  readonly names: string[];
  readonly unreadable: Unreadable[];
  /** Directories of which it was asked. */
  readonly entered: number;
}

describe('a walk of merged directories', () => {
  let home: TempDir;
  let roots: LayerDirectory[] = [];
  beforeEach(() => {
    home = tempDir('merged');
    for (const layer of LAYERS) mkdirSync(join(home.path, layer));
    roots = LAYERS.map((name, branch) => {
      const path = join(home.path, name) as Bytes;
      const root = openDirectory(path);
      const role = branch === 0 ? 'upper' : 'lower';
      return {
        layer: { branch, role, whiteouts: true, root, path } satisfies Layer,
        fd: root,
        real: ascii(''),
      };
    });
  });
  afterEach(() => {
    interpose(undefined);
    for (const { fd } of roots) close(fd);
    home.dispose();
  });

  const make = (...paths: readonly string[]): void => {
    for (const path of paths) {
      mkdirSync(join(home.path, path, '..'), { recursive: true });
      writeFileSync(join(home.path, path), '');
    }
  };

  async function walk(lone: boolean, between: () => void = () => undefined): Promise<Seen> {
    const seen = { names: [] as string[], unreadable: [] as Unreadable[], entered: 0 };
    const visitor: WalkVisitor = {
      wanted: () => 'all',
      complete: () => false,
      async likely() {
        between();
        return [];
      },
      passesOver: () => true,
      onDirectory: () => {
        seen.entered += 1;
      },
      onName(directory, position, name) {
        const { layer, real } = directory.stack[position] as LayerDirectory;
        seen.names.push(`${layer.branch}/${joinBytes(real, name)} in ${chain(directory)}`);
      },
      onUnreadable: (each) => seen.unreadable.push(each),
    };
    const rules = overlayRules({ prefix: 'trusted.overlay.', noFollow: false, roots });
    await runWalk(roots, rules, visitor, { ways: { lone } });
    return seen;
  }

  function chain(directory: WalkDirectory): string {
    const branches = directory.stack.map(({ layer }) => layer.branch).join('+');
    const above = directory.parent === undefined ? '' : ` < ${chain(directory.parent)}`;
    return `${directory.path}(${branches})${above}`;
  }

  const sorted = ({ names, unreadable }: Seen): unknown => ({
    names: [...names].sort(),
    unreadable: unreadable.map(({ path, branch, code }) => `${branch}/${path} ${code}`).sort(),
  });

  /** By the short way, which must come to what the rules come to. */
  async function both(): Promise<Seen> {
    const slow = await walk(false);
    const quick = await walk(true);
    expect(sorted(quick)).toEqual(sorted(slow));
    expect(quick.entered).toBeLessThan(slow.entered);
    return quick;
  }

  test('tells of what one layer alone has below a merged directory with all that is above it', async () => {
    make('upper/m/changed', 'middle/m/one/x', 'lower/m/one/y', 'lower/m/two/deep/er/z', 'lower/m/three/w');
    make('middle/m/only/v', 'upper/m/own/u', 'lower/m/changed');
    const { names } = await both();
    expect(names).toContain(
      '2/m/two/deep/er/z in m/two/deep/er(2) < m/two/deep(2) < m/two(2) < m(0+1+2) < (0+1+2)',
    );
    expect(names).toContain('1/m/only/v in m/only(1) < m(0+1+2) < (0+1+2)');
    expect(names).toContain('2/m/one/y in m/one(1+2) < m(0+1+2) < (0+1+2)');
  });

  test('passes over the lower directories that a higher layer hides', async () => {
    make('upper/m/a', 'middle/m/b', 'lower/m/a/hidden', 'lower/m/b/hidden', 'lower/m/c/shown');
    const { names } = await both();
    expect(names.filter((name) => name.includes('hidden'))).toEqual([]);
    expect(names).toContain('2/m/c/shown in m/c(2) < m(0+1+2) < (0+1+2)');
  });

  test('is right where a higher layer holds more names than are kept', async () => {
    make(...Array.from({ length: 3000 }, (_, i) => `upper/m/name${i}`));
    make(
      'lower/m/name7/hidden',
      'lower/m/name2999/hidden',
      'lower/m/name3000/shown',
      'lower/m/deep/er/shown',
    );
    const { names } = await both();
    expect(names.filter((name) => name.startsWith('2/')).map((name) => name.split(' ')[0])).toEqual(
      expect.arrayContaining(['2/m/name3000/shown', '2/m/deep/er/shown']),
    );
    expect(names.filter((name) => name.includes('hidden'))).toEqual([]);
  });

  test('goes down further than directories are kept open', async () => {
    const deep = Array.from({ length: 200 }, (_, i) => `d${i}`);
    make('upper/m/changed', `lower/m/${deep.join('/')}/end`);
    for (const depth of [3, 63, 64, 65, 130]) make(`lower/m/${deep.slice(0, depth).join('/')}/side/name`);
    make('lower/m/z/name', 'lower/m/y/name');
    await both();
  });

  test('does not look for each lower directory whether a higher layer has it', async () => {
    make('upper/m/changed', ...Array.from({ length: 300 }, (_, i) => `lower/m/d${i}/name`));
    let looks = 0;
    interpose(({ name }, proceed) => {
      if (name === 'statx') looks += 1;
      return proceed();
    });
    expect((await walk(true)).names).toHaveLength(301);
    expect(looks).toBeLessThan(30);
  });

  test('takes no other directory for the one that waited', async () => {
    make(
      'upper/m/changed',
      'lower/m/one/x',
      'lower/m/two/y',
      'lower/other/one/forged',
      'lower/other/two/forged',
    );
    const swap = (a: string, b: string): void => renameSync(join(home.path, a), join(home.path, b));
    const outcomes: Seen[] = [];
    for (const lone of [false, true]) {
      let done = false;
      const between = (): void => {
        if (done) return;
        done = true;
        swap('lower/m', 'lower/aside');
        swap('lower/other', 'lower/m');
      };
      outcomes.push(await walk(lone, between));
      swap('lower/m', 'lower/other');
      swap('lower/aside', 'lower/m');
    }
    for (const { names, unreadable } of outcomes) {
      expect(names.filter((name) => name.includes('forged') && name.includes('in m/'))).toEqual([]);
      expect(
        unreadable
          .filter(({ code }) => code === 'ESTALE')
          .map(({ path }) => path)
          .sort(),
      ).toEqual(['m/one', 'm/two']);
    }
  });
});

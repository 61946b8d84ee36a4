import { join } from 'node:path';
import { expect } from '@jest/globals';
import { scan } from '../../src/scan/scan.js';
import type { Bytes } from '../../src/sys/bytes.js';
import { inodeKey } from '../../src/sys/inode-id.js';
import { isSysError } from '../../src/sys/sys-error.js';
import { type OverlayPlace, overlayUnion } from '../support/overlay-place.js';
import { layersOf, viewOf } from '../support/overlay-verifier.js';
import { Random } from '../support/random.js';
import type { RandomUnion } from '../support/random-union.js';
import { overlayWords } from '../support/repair-run.js';
import { runMain } from '../support/run-main.js';
import { byPath, snapshot, type Tree, type TreeEntry } from '../support/tree.js';
import { afterReading, expectSameTree } from '../support/tree-diff.js';
import { tamper } from './tamper.js';
import { onRandomUnion, type Trial, withoutExport } from './trial.js';

const commands = ['restore', 'flush', 'flush', 'prune', 'repair', 'rejoin'] as const;

/** Any command on an overlay whose upper and index somebody has changed behind its back. */
export const tamperedTrial: Trial = (seed, place) => {
  const random = new Random(seed ^ 0x7a3b);
  const upper = random.pick(place.types);
  const lower = random.chance(75) ? upper : random.pick(place.types);
  return onRandomUnion(seed, place, { upper, lower, packed: undefined }, async (union, directories) => {
    const told: string[] = [];
    try {
      await expectNothingLost(union, random, join(directories.upper, 'rescue'), told);
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${told.join('\n')}`, { cause: error });
    }
  });
};

async function expectNothingLost(
  union: RandomUnion,
  random: Random,
  rescue: string,
  told: string[],
): Promise<void> {
  const { place, options } = union;
  const indexed = ['index=on', ...options];
  const groups = await groupsOf(place, indexed);
  const { story, copies, bared } = tamper(
    place,
    options.includes('userxattr') ? 'user.overlay.' : 'trusted.overlay.',
    random,
  );
  const command = random.pick(commands);
  told.push(...story, command);
  const words = commandWords(command, rescue, overlayWords(place, indexed));

  const off = ['index=off', ...withoutExport(options)];
  const before = layersOf(place);
  const shown = viewIfAny(place, off);
  const { code, out, err } = await runMain(...words);
  expect([code, /fault of plinkctl|\n\s+at /.test(err + out) ? err + out : '']).toEqual([
    [0, 4, 8].includes(code) ? code : -1,
    '',
  ]);

  const after = layersOf(place);
  expectSameTree(before.lowers, after.lowers, afterReading);
  const now = files([...after.own, ...after.lowers, ...snapshotIfThere(rescue)]);
  expect([...files(before.own)].filter((file) => !now.has(file))).toEqual([]);

  const again = await runMain(...words);
  const settled = layersOf(place);
  if (code !== 8) expectSameTree(after.own, settled.own, afterReading);
  expect(again.code).toBe(code === 0 ? 0 : again.code);

  if (shown === undefined || command === 'repair' || command === 'rejoin') return;
  const view = byPath(viewOf(place, off).tree);
  expect([...view.keys()].sort()).toEqual([...shown.keys()].sort());
  for (const [path, was] of shown) {
    const is = view.get(path);
    if (is === undefined || is.kind === 'directory' || is.content === was.content || bared.has(path))
      continue;
    // The name got another file: it must be that of its own group.
    const upper = byPath(snapshot(place.upper)).get(path)?.inode ?? '';
    const group = groups.get(upper) ?? groups.get(copies.get(upper) ?? '');
    expect([path, group?.has(path) ?? 'a file of nobody’s']).toEqual([path, true]);
  }
}

/** What a mount shows; undefined where the kernel itself finds no way through what was tampered with. */
function viewIfAny(
  place: OverlayPlace,
  options: readonly string[],
): ReadonlyMap<Bytes, TreeEntry> | undefined {
  try {
    return byPath(viewOf(place, options).tree);
  } catch (error) {
    if (isSysError(error, 'ESTALE', 'EIO')) return undefined;
    throw error;
  }
}

function commandWords(
  command: (typeof commands)[number],
  rescue: string,
  union: readonly string[],
): string[] {
  switch (command) {
    case 'prune':
      return ['prune', '--min-age', '0', '--rescue', rescue, ...union];
    case 'repair':
      return ['repair', '-y', '--rescue', rescue, ...union];
    case 'rejoin':
      return ['repair', '-y', '--rejoin', '--rescue', rescue, ...union];
    default:
      return [command, ...union];
  }
}

/** Of every entry's inode, the names that it stands for. */
async function groupsOf(place: OverlayPlace, options: readonly string[]): Promise<Map<string, Set<Bytes>>> {
  const { entries } = await scan(overlayUnion(place, options));
  return new Map(
    entries.map(({ inode, names, missing }) => [
      inodeKey(inode),
      new Set([...names, ...missing.map(({ path }) => path)]),
    ]),
  );
}

/** Every content that is anywhere; what has its data in a lower has none of its own. */
function files(tree: Tree): Set<string> {
  return new Set(
    tree
      .filter(({ kind, xattrs }) => kind !== 'directory' && !xattrs.includes('overlay.metacopy'))
      .map(({ kind, size, content }) => `${kind} ${size} ${content}`),
  );
}

const snapshotIfThere = (directory: string): Tree => {
  try {
    return snapshot(directory);
  } catch {
    return [];
  }
};

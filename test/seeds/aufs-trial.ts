import { expect } from '@jest/globals';
import type { EntryOutcome, Outcome } from '../../src/restore/plan-types.js';
import { scan } from '../../src/scan/scan.js';
import type { WalkWays } from '../../src/scan/walk/walk-ways.js';
import type { Bytes } from '../../src/sys/bytes.js';
import { baseOf } from '../../src/sys/bytes.js';
import type { AufsUnion } from '../../src/union/union.js';
import type { AufsModel, ModelFile } from '../support/aufs-model.js';
import { aufsUnion } from '../support/aufs-place.js';
import { buildRandomAufs, type RandomAufs } from '../support/aufs-random.js';
import { type AufsName, aufsView, treesOf } from '../support/aufs-view.js';
import { Random } from '../support/random.js';
import { runGoal } from '../support/restore-union.js';
import { scanFacts } from '../support/scan-facts.js';
import { tempDir } from '../support/temp-dir.js';
import type { Tree } from '../support/tree.js';
import { expectSameTree } from '../support/tree-diff.js';

/** Answers that a flush gave. */
export interface AufsTally {
  restored: number;
  flushed: number;
  kept: number;
}

/** A flush of aufs branches after random sessions: no name ever gets a file that is not its own. */
export async function aufsTrial(seed: number, tally: AufsTally, parent?: string): Promise<void> {
  const directory = tempDir(`aufs${seed}`, parent);
  let built: RandomAufs | undefined;
  try {
    built = buildRandomAufs(new Random(seed), directory.path);
    await expectRightFlush(built, tally);
  } catch (error) {
    const past = built?.story.join('\n') ?? '';
    throw new Error(`seed ${seed}: ${(error as Error).message}\n${past}`, { cause: error });
  } finally {
    directory.dispose();
  }
}

/** By whatever way the branches are walked, the same is found. */
async function expectSameByAnyWay(union: AufsUnion): Promise<void> {
  const look = async (ways: WalkWays): Promise<unknown> => scanFacts(await scan(union, { ways }));
  const plain = await look({ lone: false, early: false });
  for (const ways of [{}, { near: 0 }, { near: 2, lone: false }, { early: false }])
    expect({ ways, found: await look(ways) }).toEqual({ ways, found: plain });
}

const MOST_RUNS = 4;

/** Flushes until nothing is left to be done: what one run settles may be what proves another entry in the next. */
async function expectRightFlush(built: RandomAufs, tally: AufsTally): Promise<void> {
  const { model } = built;
  const union = aufsUnion(`${model.upper.root}=rw`, ...model.lowers.map(({ root }) => `${root}=ro`));
  await expectSameByAnyWay(union);
  const trees = treesOf(union);
  const before = aufsView(union, trees);
  let last: readonly Tree[] = trees;
  for (let run = 1; ; run += 1) {
    const { outcome } = await runGoal(union, 'flush');
    tally.restored += outcome.linksRestored;
    tally.flushed += outcome.entriesRemoved;
    if (run === 1) tally.kept += outcome.entriesKept;
    const done = treesOf(union);
    expectRight(built, before, trees, outcome, done, aufsView(union, done));
    const settled = outcome.linksRestored + outcome.entriesRemoved === 0;
    if (settled) for (const [i, tree] of done.entries()) expectSameTree(last[i] ?? [], tree);
    if (run > 1 && settled) return;
    last = done;
    expect(run).toBeLessThan(MOST_RUNS);
  }
}

function expectRight(
  { model, crashed }: RandomAufs,
  before: ReadonlyMap<Bytes, AufsName>,
  trees: readonly Tree[],
  outcome: Outcome,
  done: readonly Tree[],
  after: ReadonlyMap<Bytes, AufsName>,
): void {
  for (const [i, tree] of trees.entries()) if (i > 0) expectSameTree(tree, done[i] ?? []);
  expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
  expect(
    [...after]
      .filter(([, { kind }]) => kind !== 'directory')
      .map(([path]) => path)
      .sort(),
  ).toEqual([...model.files.keys()].sort());
  const files = [...(crashed?.values() ?? []), ...model.files.values()];
  const byUpper = new Map(files.map((file) => [file.upper, file]));
  for (const { entry, ...rest } of outcome.entries) {
    const file = byUpper.get(entry.inode.ino);
    if (rest.removed) expectWhole(file, after, entry.name, crashed === undefined);
    else if (crashed === undefined) expectOrdinaryFlushed(file, { entry, ...rest });
  }
  for (const [path, file] of model.files) {
    expectOwnFile(path, [file, crashed?.get(path) ?? file], before.get(path), after.get(path));
  }
  for (const [path, file] of crashed ?? []) expectNotSplit(path, file, model, outcome.entries, after);
}

/** A name shows what it showed without its entry, or the group's own copy; never anything else. */
function expectOwnFile(path: Bytes, files: readonly ModelFile[], was?: AufsName, is?: AufsName): void {
  if (was === undefined || is === undefined) throw new Error(`/${path} is not shown`);
  if (was.file === is.file) return;
  if (!files.some(({ upper }) => inodeOf(is) === upper)) {
    throw new Error(`/${path} got inode ${inodeOf(is)}, a file of others`);
  }
  if (files[0] === files[1]) expect([path, is.mode]).toEqual([path, octal(files[0]?.mode)]);
}

/** An entry that went left every name of its group behind as one file. */
function expectWhole(
  file: ModelFile | undefined,
  after: ReadonlyMap<Bytes, AufsName>,
  entry: string,
  counted: boolean,
): void {
  if (file === undefined) throw new Error(`${entry} was removed, and its file shows under no name`);
  const inodes = new Set([...file.names].map((path) => after.get(path)?.file));
  expect([entry, inodes.size]).toEqual([entry, 1]);
  if (!counted) return;
  expect([...file.names].map((path) => after.get(path)?.nlink)).toEqual(
    [...file.names].map(() => String(file.names.size)),
  );
}

/** The crashed session's entry went: names of its group that nobody touched since show its file again. */
function expectNotSplit(
  path: Bytes,
  was: ModelFile,
  model: AufsModel,
  outcomes: readonly EntryOutcome[],
  after: ReadonlyMap<Bytes, AufsName>,
): void {
  const now = model.files.get(path);
  const removed = outcomes.some(({ entry, removed }) => removed && entry.inode.ino === was.upper);
  if (!removed || now === undefined || now.upper !== undefined || now.reshaped) return;
  const is = after.get(path);
  expect([path, is && inodeOf(is)]).toEqual([path, was.upper]);
}

const inodeOf = ({ inode }: AufsName): bigint => BigInt(inode.slice(inode.indexOf(':') + 1));

const octal = (mode = 0): string => mode.toString(8).padStart(4, '0');

/** What was only written to, and neither renamed, linked, removed nor written anew, must be flushed. */
function expectOrdinaryFlushed(file: ModelFile | undefined, { entry, reason }: EntryOutcome): void {
  expect(entry.state).toBe('ambiguous');
  if (file === undefined || file.reshaped || file.rewritten || file.content === '') return;
  const names = [...file.names].map((path) => baseOf(path)).join();
  throw new Error(
    `${entry.name} of ${names} was only written to, and is kept: ${reason}\n${entry.evidence.join('\n')}`,
  );
}

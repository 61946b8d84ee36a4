import { existsSync } from 'node:fs';
import { expect } from '@jest/globals';
import { main } from '../../src/main.js';
import { capturedStreams } from './captured-streams.js';
import type { OverlayPlace } from './overlay-place.js';
import { snapshot, type Tree } from './tree.js';
import { type Comparison, expectSameTree } from './tree-diff.js';

/** The JSON document of a repair or check, as far as tests look at it. */
export interface RepairDocument {
  readonly exitCode: number;
  readonly repairs: readonly {
    readonly code: string;
    readonly path: string;
    readonly done: boolean;
    readonly reason: string | null;
  }[];
  /** Why the run ended; there are neither repairs nor findings then. */
  readonly error?: { readonly hint: string };
  readonly findings: readonly {
    readonly code: string;
    readonly severity: string;
    readonly path: string;
    readonly safe: boolean;
  }[];
}

/** Words that name an overlay on a command line. */
export function overlayWords(
  { upper, work, lowers }: OverlayPlace,
  options: readonly string[] = [],
): string[] {
  return [
    '-o',
    [...options, `upperdir=${upper}`, `workdir=${work}`, `lowerdir=${lowers.join(':')}`].join(','),
  ];
}

/** Runs `check` or `repair` in this process; questions are answered by `answer`. */
export async function runRepair(
  argv: readonly string[],
  answer?: (question: string) => string,
): Promise<RepairDocument> {
  const streams = capturedStreams({
    ask: answer === undefined ? undefined : async (question) => answer(question),
  });
  await main('plinkctl', [...argv, '--json'], streams);
  const { out, err } = streams.written;
  try {
    return JSON.parse(out) as RepairDocument;
  } catch {
    throw new Error(`no document: ${out}${err}`);
  }
}

/** Findings above a note. */
export const troubles = (document: RepairDocument): string[] => {
  const { findings } = document;
  if (findings === undefined) throw new Error(`the run failed: ${JSON.stringify(document)}`);
  return findings.filter(({ severity }) => severity !== 'note').map(({ code }) => code);
};

/** There is no way to read a symlink without its access time moving. */
export const readLinks: NonNullable<Comparison['unless']> = (fact, { kind }) =>
  fact === 'atime' && kind === 'symlink';

/** Every content that is anywhere in these trees. */
function contents(trees: readonly Tree[]): Set<string> {
  const found = trees.flatMap((tree) =>
    tree
      .filter(({ kind }) => kind !== 'directory')
      .map(({ kind, size, content }) => `${kind} ${size} ${content}`),
  );
  return new Set(found);
}

/**
 * Runs `body`, and then proves that every datum which was in these writable trees before is in them, in a lower or
 * in the rescue directory after, and that no lower was touched.
 */
export async function keepingBytesOf<T>(
  own: readonly string[],
  lowers: readonly string[],
  rescue: string,
  body: () => Promise<T>,
): Promise<T> {
  const all = (roots: readonly string[]): Tree[] => roots.map((root) => snapshot(root));
  const before = { own: all(own), lowers: all(lowers) };
  const result = await body();
  const after = { own: all(own), lowers: all(lowers) };
  for (const [i, tree] of before.lowers.entries()) {
    expectSameTree(tree, after.lowers[i] ?? [], { unless: readLinks });
  }
  const rescued = existsSync(rescue) ? [snapshot(rescue)] : [];
  const now = contents([...after.own, ...after.lowers, ...rescued]);
  expect([...contents(before.own)].filter((content) => !now.has(content))).toEqual([]);
  return result;
}

/** {@link keepingBytesOf} for an overlay: its upper, and its work directory with the index. */
export function keepingEveryByte<T>(
  { upper, work, lowers }: OverlayPlace,
  rescue: string,
  body: () => Promise<T>,
): Promise<T> {
  return keepingBytesOf([upper, work], lowers, rescue, body);
}

import type { Union } from '../../union/union.js';

/** The names of the demo's one file, each a hardlink of it. */
export const names = ['report.txt', 'archive/2024.txt', 'latest.txt'] as const;

/** The file's first line before and after somebody writes to it. */
export const texts = { before: 'draft of March\n', after: 'final of April\n' } as const;

/** What one name shows. */
export interface Look {
  readonly name: string;
  readonly inode: string;
  readonly firstLine: string;
}

/** A small union for the demo. */
export interface Stage {
  readonly union: Union;
  /** The directory that holds it. */
  readonly root: string;
  /** What it is made of, one sentence. */
  readonly made: string;
  /** How the union is looked at without its index, as half a sentence. */
  readonly lookedAt: string;
  /** What the names showed while the union was mounted and just written to; undefined where nothing was mounted. */
  readonly whileMounted: readonly Look[] | undefined;
  /** What the names show without the index. */
  look(): Look[];
  /** Unmounts and removes everything. */
  dispose(): void;
}

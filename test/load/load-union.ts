import { createHash } from 'node:crypto';
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OverlayPlace } from '../support/overlay-place.js';
import { whileMounted } from '../support/overlay-place.js';

/** Names of one file, from the root of the union. */
export type Group = readonly string[];

/** A large union, and the groups in it that a run must bring back. */
export interface LoadUnion {
  readonly place: OverlayPlace;
  readonly groups: readonly Group[];
  /** Files and links of it, for the table. */
  readonly files: number;
}

export const INDEXED = ['index=on'];

export function words({ upper, work, lowers }: OverlayPlace): string[] {
  return [
    '--upper',
    upper,
    ...lowers.flatMap((lower) => ['--lower', lower]),
    '--work',
    work,
    '-o',
    INDEXED.join(),
  ];
}

/** What the mount shows of the groups: content and names by group, in one hash. */
export function shownHash({ place, groups }: LoadUnion): string {
  const hash = createHash('sha256');
  whileMounted(place, INDEXED, ({ root }) => {
    for (const names of groups) {
      for (const name of names) {
        const path = join(root, name);
        const { ino, mode } = lstatSync(path);
        const first = lstatSync(join(root, names[0] ?? '')).ino;
        hash.update(`${name} ${ino === first} ${mode} `);
        hash.update(readFileSync(path));
      }
    }
  });
  return hash.digest('hex');
}

/** Groups that are not one file with all its names in the upper. */
export function incomplete({ place, groups }: LoadUnion): string[] {
  return groups
    .filter((names) => {
      const inodes = names.map((name) => lstatSync(join(place.upper, name), { throwIfNoEntry: false })?.ino);
      return inodes[0] === undefined || new Set(inodes).size !== 1;
    })
    .map((names) => names.join(' '));
}

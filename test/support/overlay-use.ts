import { linkSync, readFileSync, unlinkSync } from 'node:fs';
import { expect } from '@jest/globals';
import type { IndexEntry, ScanResult } from '../../src/scan/result.js';
import type { Bytes } from '../../src/sys/bytes.js';
import { AT_FDCWD } from '../../src/sys/check.js';
import { isRegular, stat } from '../../src/sys/stat.js';
import { appendTo } from './append-to.js';
import { type OverlayPlace, whileMounted } from './overlay-place.js';
import { indexNames, viewOf } from './overlay-verifier.js';
import type { Place } from './place.js';
import { snapshot } from './tree.js';
import { expectSameView } from './tree-diff.js';

/** Every visible name of an entry's group, sorted. */
export function namesOf({ names, missing }: IndexEntry): Bytes[] {
  return [...names, ...missing.map(({ path }) => path)].sort();
}

/**
 * Uses what a run has restored as people would: every group is written, linked and unlinked through the mount,
 * one group is removed name by name, and a second mount must agree with what the first one showed.
 */
export function expectUsable(place: OverlayPlace, options: readonly string[], found: ScanResult): void {
  const groups = found.entries.filter((entry) => entry.kind !== 'directory' && namesOf(entry).length > 0);
  // A removed name of an exported group leaves a whiteout entry, and a single-link origin is miscounted for ever.
  const removable = found.nfsExport ? undefined : groups.find(({ overlay }) => overlay?.lowerNlink !== 1);
  const shown = whileMounted(place, options, (view) => {
    for (const entry of groups) useGroup(view, namesOf(entry));
    if (removable !== undefined) for (const name of namesOf(removable)) unlinkSync(view.at(name));
    return snapshot(view.root);
  });
  expectSameView(shown, viewOf(place, options).tree);
  if (removable !== undefined) expect(indexNames(place)).not.toContain(removable.name);
}

function useGroup(view: Place, names: readonly Bytes[]): void {
  const facts = (name: Bytes) => stat(AT_FDCWD, view.bytes(name));
  const links = (name: Bytes): number => facts(name).nlink;
  const last = names[names.length - 1] as Bytes;
  const before = links(last);
  if (isRegular(facts(last))) {
    appendTo(view.at(last), 'used\n');
    for (const name of names) expect(readFileSync(view.at(name), 'latin1').endsWith('used\n')).toBe(true);
  }
  const made = 'linked later' as Bytes;
  linkSync(view.at(last), view.at(made));
  expect(names.map(links)).toEqual(names.map(() => before + 1));
  unlinkSync(view.at(made));
  expect(names.map(links)).toEqual(names.map(() => before));
}

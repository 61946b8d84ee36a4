import { readdirSync, readFileSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ascii, type Bytes, bytesFromText } from '../../src/sys/bytes.js';
import { openDirectory, withFd } from '../../src/sys/open.js';
import { removeXattr, setXattr } from '../../src/sys/xattr.js';
import { append, describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { type OverlayPlace, overlayUnion, whileMounted } from '../support/overlay-place.js';
import { indexNames, layersOf, viewOf } from '../support/overlay-verifier.js';
import type { Place } from '../support/place.js';
import { type Goal, runGoal } from '../support/restore-union.js';
import { expectSameTree } from '../support/tree-diff.js';

const INDEX = ['index=on'];
const NEW = 'lowerdata\nX\n';
const goals: readonly Goal[] = ['restore', 'flush'];

const read = (place: OverlayPlace, name: string): string =>
  whileMounted(place, INDEX, (view) => readFileSync(view.at(name as Bytes), 'latin1'));

function onEntry(place: OverlayPlace, act: (fd: number, name: Bytes) => void): void {
  const name = indexNames(place)[0] as Bytes;
  withFd(openDirectory(bytesFromText(join(place.work, 'index'))), (fd) => act(fd, name));
}

/** The new content is in the index alone: `A`, the only name that was copied up, is removed again. */
function contentInIndexOnly(root: string): OverlayPlace {
  return overlayWith(root, {
    session(view: Place) {
      append(view, 'A');
      unlinkSync(view.at(ascii('A')));
    },
  });
}

function lowerShrunkTo(place: OverlayPlace, kept: string): void {
  whileMounted(place, INDEX, (view) => {
    for (const name of ['B', 'd/C']) if (name !== kept) unlinkSync(view.at(name as Bytes));
  });
  for (const name of ['A', 'B', 'd/C']) if (name !== kept) rmSync(join(place.lowers[0] as string, name));
}

describeIncidents('data that only the index holds', ['ext4'], (directory) => {
  test('test-mounting-deletes-the-only-copy: the kernel does it, so a run must come before a mount', () => {
    const place = contentInIndexOnly(directory());
    lowerShrunkTo(place, 'B');
    expect(read(place, 'B')).toBe('lowerdata\n');
    expect(indexNames(place)).toEqual([]);
  });

  test.each(goals)('single-lower-link-and-content-in-index: %s before the mount saves it', async (goal) => {
    const place = contentInIndexOnly(directory());
    lowerShrunkTo(place, 'B');
    const { found } = await runGoal(overlayUnion(place, INDEX), goal);
    expect(found.entries.filter(({ atRisk }) => atRisk)).toHaveLength(1);
    expect(read(place, 'B')).toBe(NEW);
  });

  test.each(goals)('nlink-record-lost-and-content-in-index: %s before the mount saves it', async (goal) => {
    const place = contentInIndexOnly(directory());
    onEntry(place, (fd, name) => removeXattr(fd, name, 'trusted.overlay.nlink'));
    const { found } = await runGoal(overlayUnion(place, INDEX), goal);
    expect(found.entries.filter(({ atRisk }) => atRisk)).toHaveLength(1);
    const after = viewOf(place, INDEX);
    expect(after.log).toEqual([]);
    expect([read(place, 'B'), read(place, 'd/C')]).toEqual([NEW, NEW]);
  });

  test.each(goals)('no-name-can-show-it: %s keeps the data of an orphan', async (goal) => {
    const place = contentInIndexOnly(directory());
    for (const name of ['A', 'B', 'd/C']) rmSync(join(place.lowers[0] as string, name));
    const before = layersOf(place);
    const { found, outcome } = await runGoal(overlayUnion(place, INDEX), goal);
    expect(found.entries.map(({ state }) => state)).toContain('orphan');
    expect(outcome.entriesRemoved).toBe(0);
    expectSameTree(before.own, layersOf(place).own);
  });

  test.each(goals)('origin-and-name-disagree: %s trusts neither and keeps the entry', async (goal) => {
    const place = overlayWith(directory(), {
      session(view) {
        append(view, 'A');
        append(view, 'solo');
      },
    });
    const [name = ''] = indexNames(place);
    const other = Buffer.from(name, 'hex');
    other.writeUInt32LE(other.readUInt32LE(other.length - 8) + 1, other.length - 8);
    onEntry(place, (fd, entry) => setXattr(fd, entry, 'trusted.overlay.origin', other));
    const before = layersOf(place);

    const { found, outcome } = await runGoal(overlayUnion(place, INDEX), goal);

    expect(found.entries.map(({ state }) => state)).toEqual(['ambiguous']);
    expect(outcome.entriesKept).toBe(1);
    expectSameTree(before.own, layersOf(place).own);
    expect(readdirSync(join(place.work, 'index'))).toContain(name);
  });
});

import { linkSync, renameSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ascii, type Bytes } from '../../src/sys/bytes.js';
import { append, commonLower, describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { type OverlayPlace, overlayUnion, whileMounted } from '../support/overlay-place.js';
import { indexNames, viewOf } from '../support/overlay-verifier.js';
import { runGoal, statesOf } from '../support/restore-union.js';
import { byPath } from '../support/tree.js';

const INDEX = ['index=on'];
const links = (place: OverlayPlace, path: string): string | undefined =>
  byPath(viewOf(place, INDEX).tree).get(path as Bytes)?.nlink;

describeIncidents('link counts', ['ext4'], (directory) => {
  test('nlink-rewritten-so-nothing-leaks: after the last name goes the kernel frees the entry', async () => {
    const root = directory();
    const place = overlayWith(root, {
      lower(lower) {
        commonLower(lower);
        linkSync(lower.at(ascii('A')), join(root, 'outside'));
      },
    });
    expect(links(place, 'A')).toBe('4');

    await runGoal(overlayUnion(place, INDEX), 'restore');

    expect(links(place, 'A')).toBe('3');
    whileMounted(place, INDEX, (view) => {
      for (const name of ['A', 'B', 'd/C']) unlinkSync(view.at(name as Bytes));
    });
    whileMounted(place, INDEX, () => undefined);
    expect(indexNames(place)).toEqual([]);
  });

  test('without a run the same union leaks: the test above can fail', () => {
    const root = directory();
    const place = overlayWith(root, {
      lower(lower) {
        commonLower(lower);
        linkSync(lower.at(ascii('A')), join(root, 'outside'));
      },
    });
    whileMounted(place, INDEX, (view) => {
      for (const name of ['A', 'B', 'd/C']) unlinkSync(view.at(name as Bytes));
    });
    whileMounted(place, INDEX, () => undefined);
    expect(indexNames(place)).toHaveLength(1);
  });

  test('unlink-in-an-index-off-session-is-not-counted: restore puts the count right', async () => {
    const place = overlayWith(directory());
    whileMounted(place, ['index=off'], (view) => unlinkSync(view.at(ascii('B'))));
    expect(links(place, 'A')).toBe('3');

    const { found } = await runGoal(overlayUnion(place, INDEX), 'restore');

    expect(statesOf(found)).toContainEqual(['restorable', 'd/C']);
    expect([links(place, 'A'), links(place, 'd/C')]).toEqual(['2', '2']);
  });

  test('complete-entry-with-a-wrong-count: restore corrects it though no link is missing', async () => {
    const root = directory();
    const place = overlayWith(root, {
      lower(lower) {
        commonLower(lower);
        linkSync(lower.at(ascii('A')), join(root, 'outside'));
      },
      session(view) {
        for (const name of ['A', 'B', 'd/C']) append(view, name);
        renameSync(view.at(ascii('B')), view.at(ascii('E')));
        linkSync(view.at(ascii('d/C')), view.at(ascii('d/F')));
      },
    });
    expect(links(place, 'E')).toBe('5');

    const { found, outcome } = await runGoal(overlayUnion(place, INDEX), 'restore');

    expect(found.entries.map(({ state }) => state)).toEqual(['complete']);
    expect(outcome.linksRestored).toBe(0);
    expect(links(place, 'E')).toBe('4');
  });
});

import { linkSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { append, describeIncidents } from '../support/overlay-incident.js';
import { overlayPlace, overlayUnion, whileMounted } from '../support/overlay-place.js';
import { viewOf } from '../support/overlay-verifier.js';
import { type Goal, runGoal } from '../support/restore-union.js';
import { expectSameView } from '../support/tree-diff.js';

const OPTIONS = ['index=on', 'redirect_dir=on'];
const goals: readonly Goal[] = ['restore', 'flush'];

describeIncidents('redirects', ['ext4'], (directory) => {
  // A former upper with a directory moved (an absolute redirect) and one in it renamed (a relative one); then the
  // latter is moved out, and its own redirect leads through both.
  test.each(goals)('a renamed directory in a moved one, moved again: %s finds its files', async (goal) => {
    const root = directory();
    const lower = join(root, 'lower');
    const former = overlayPlace(join(root, 'former'), [lower]);
    mkdirSync(join(lower, 'old/a/inner'), { recursive: true });
    mkdirSync(join(lower, 'to'));
    writeFileSync(join(lower, 'A'), 'old\n');
    linkSync(join(lower, 'A'), join(lower, 'old/a/inner/B'));
    whileMounted(former, OPTIONS, (view) => {
      renameSync(join(view.root, 'old'), join(view.root, 'to/moved'));
      renameSync(join(view.root, 'to/moved/a/inner'), join(view.root, 'to/moved/a/renamed'));
    });
    const place = overlayPlace(root, [former.upper, lower]);
    whileMounted(place, OPTIONS, (view) => {
      renameSync(join(view.root, 'to/moved/a/renamed'), join(view.root, 'out'));
      append(view, 'A', 'new\n');
    });
    const before = viewOf(place, OPTIONS).tree;
    const { found } = await runGoal(overlayUnion(place, OPTIONS), goal);
    expect(found.entries.map(({ missing }) => missing.map(({ path }) => path))).toEqual([['out/B']]);
    expectSameView(before, viewOf(place, OPTIONS).tree);
  });
});

import { linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { append, describeIncidents } from '../support/overlay-incident.js';
import { overlayPlace, overlayUnion, whileMounted } from '../support/overlay-place.js';
import { viewOf } from '../support/overlay-verifier.js';
import { type Goal, runGoal } from '../support/restore-union.js';
import { expectSameView } from '../support/tree-diff.js';

const OPTIONS = ['index=on', 'redirect_dir=on'];
const goals: readonly Goal[] = ['restore', 'flush'];

describeIncidents('a redirect in a lower', ['ext4'], (directory) => {
  // A former upper renamed a directory, and the whiteout that covers its old name is removed: both names show it. The
  // lower file's link count tells two names, and they are met before the renamed directory is walked.
  test.each(goals)('shows a directory under two names: %s puts back the names in both', async (goal) => {
    const root = directory();
    const lower = join(root, 'lower');
    const former = overlayPlace(join(root, 'former'), [lower]);
    for (const name of ['changed', 'old']) mkdirSync(join(lower, name), { recursive: true });
    writeFileSync(join(lower, 'changed/A'), 'old\n');
    linkSync(join(lower, 'changed/A'), join(lower, 'old/B'));
    whileMounted(former, OPTIONS, (view) => renameSync(join(view.root, 'old'), join(view.root, 'renamed')));
    rmSync(join(former.upper, 'old'));
    const place = overlayPlace(root, [former.upper, lower]);
    whileMounted(place, OPTIONS, (view) => append(view, 'changed/A', 'new\n'));
    const before = viewOf(place, OPTIONS).tree;
    const { found } = await runGoal(overlayUnion(place, OPTIONS), goal);
    expect(found.entries.map(({ missing }) => missing.map(({ path }) => path))).toEqual([
      ['old/B', 'renamed/B'],
    ]);
    expectSameView(before, viewOf(place, OPTIONS).tree);
  });
});

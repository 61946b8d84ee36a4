import { linkSync, writeFileSync } from 'node:fs';
import { afterEach, expect, test } from '@jest/globals';
import type { Problem } from '../../src/problem.js';
import { apply } from '../../src/restore/apply.js';
import { plan } from '../../src/restore/plan.js';
import { scan } from '../../src/scan/scan.js';
import { ascii } from '../../src/sys/bytes.js';
import { interpose } from '../../src/sys/seam.js';
import { append, describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { overlayUnion } from '../support/overlay-place.js';
import { viewOf } from '../support/overlay-verifier.js';
import { expectSameView } from '../support/tree-diff.js';

const INDEX = ['index=on'];
const ENOSPC = -28;

describeIncidents('a file system that has no room in the middle of a flush', ['ext4'], (directory) => {
  afterEach(() => interpose(undefined));

  test.each([
    [0, /^free some space/],
    [1, /^1 name was put back before that; free some space/],
    [2, /^2 names were put back and 1 entry removed before that; free some space/],
    [3, /^3 names were put back and 1 entry removed before that; free some space/],
  ])('after %i links: what was done is told and is so, and a rerun does the rest', async (links, hint) => {
    const place = overlayWith(directory(), {
      lower(lower) {
        const at = (name: string): Buffer => lower.at(ascii(name));
        for (const group of ['one', 'two']) {
          writeFileSync(at(group), group);
          for (const name of ['b', 'c']) linkSync(at(group), at(`${group}-${name}`));
        }
      },
      session(view) {
        for (const group of ['one', 'two']) append(view, group);
      },
    });
    const before = viewOf(place, INDEX);
    const union = overlayUnion(place, INDEX);
    const todo = plan(await scan(union), 'flush');
    let made = 0;
    interpose(({ name }, proceed) => {
      if (name !== 'linkat') return proceed();
      made += 1;
      return made > links ? ENOSPC : proceed();
    });
    const failed: Problem = await apply(todo, { batchLinks: 1 }).then(
      () => expect(links).toBe(4),
      (error) => error,
    );
    interpose(undefined);
    expect(failed.hint).toMatch(hint);
    const left = await scan(union);
    expect(left.entries.flatMap(({ missing }) => missing)).toHaveLength(4 - links);
    await apply(plan(left, 'flush'));
    expectSameView(before.tree, viewOf(place, INDEX).tree);
  });
});

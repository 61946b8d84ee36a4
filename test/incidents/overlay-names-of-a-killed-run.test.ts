import { expect, test } from '@jest/globals';
import { interpose } from '../../src/sys/seam.js';
import { describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { overlayUnion } from '../support/overlay-place.js';
import { viewOf } from '../support/overlay-verifier.js';
import { runGoal } from '../support/restore-union.js';
import { expectSameView } from '../support/tree-diff.js';

const INDEX = ['index=on'];

describeIncidents('names that an earlier run made', ['btrfs'], (directory) => {
  test('are durable before an entry goes for them, where the file system keeps no order', async () => {
    const place = overlayWith(directory());
    const before = viewOf(place, INDEX);
    const union = overlayUnion(place, INDEX);
    await runGoal(union, 'restore');
    const calls: string[] = [];
    interpose(({ name }, proceed) => {
      calls.push(name);
      return proceed();
    });
    try {
      await runGoal(union, 'flush');
    } finally {
      interpose(undefined);
    }
    expect(calls).not.toContain('linkat');
    expect(calls).toContain('unlinkat');
    expect(calls.slice(0, calls.indexOf('unlinkat'))).toContain('syncfs');
    expectSameView(before.tree, viewOf(place, INDEX).tree);
  });
});

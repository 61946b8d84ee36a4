import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { apply } from '../../src/restore/apply.js';
import { plan } from '../../src/restore/plan.js';
import { scan } from '../../src/scan/scan.js';
import { interpose } from '../../src/sys/seam.js';
import { describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { overlayUnion } from '../support/overlay-place.js';
import { indexNames } from '../support/overlay-verifier.js';

afterEach(() => interpose(undefined));

describeIncidents('a name that is replaced right after it was linked', ['ext4'], (directory) => {
  test('name-replaced-after-link: the file that somebody put there stays, and so does the entry', async () => {
    const place = overlayWith(directory());
    const todo = plan(await scan(overlayUnion(place, ['index=on'])), 'flush');
    interpose(({ name, path }, proceed) => {
      const result = proceed();
      if (name !== 'linkat' || path !== 'B') return result;
      writeFileSync(join(place.upper, 'B.new'), 'the only copy\n');
      renameSync(join(place.upper, 'B.new'), join(place.upper, 'B'));
      return result;
    });
    const outcome = await apply(todo);
    interpose(undefined);
    expect(readFileSync(join(place.upper, 'B'), 'utf8')).toBe('the only copy\n');
    expect(outcome.entriesRemoved).toBe(0);
    expect(outcome.entries.some(({ attention }) => attention)).toBe(true);
    expect(indexNames(place)).toHaveLength(1);
  });
});

import { describe, expect, test } from '@jest/globals';
import { nextStep } from '../../src/report/next-step.js';
import type { Finding } from '../../src/scan/result.js';
import type { OverlayUnion } from '../../src/union/union.js';
import { b, entry, overlayUnion, scanResult } from './samples.js';

const words = "--upper /u --lower /l1 --lower '/it'\\''s l2' --work /w";
const mendable: Finding = {
  code: 'work-leftovers',
  severity: 'note',
  path: b('/w/work'),
  message: 'left by a crash',
  remedy: 'repair',
  safe: true,
  action: { kind: 'settle', consent: 'safe' },
};
const blocked = { code: 'volatile', message: 'it may be torn', remedy: 'make it anew' };
const mounted = { path: b('/m'), dev: 1n, readOnly: false, pid: undefined };
const complete = entry({ state: 'complete', missing: [] });
const orphan = entry({ state: 'orphan', names: [], missing: [] });

describe('the next step after a look', () => {
  test.each([
    ['names are missing', {}, `plinkctl flush ${words}`],
    ['nothing is left to do', { entries: [complete] }, undefined],
    ['only an orphan is left', { entries: [complete, orphan] }, `plinkctl prune ${words}`],
    ['a finding can be mended', { findings: [mendable] }, `plinkctl repair ${words}`],
    [
      'a finding only a person can mend',
      { findings: [{ ...mendable, action: undefined }] },
      `plinkctl flush ${words}`,
    ],
    ['the union may not be written to', { blocked }, undefined],
    [
      'a repair has to wait for the unmount',
      { findings: [mendable], union: { ...(overlayUnion as OverlayUnion), mounted } },
      'plinkctl flush /m',
    ],
  ])('%s', (_, changes, expected) => {
    expect(nextStep(scanResult(changes))).toBe(expected);
  });
});

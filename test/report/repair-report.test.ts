import { describe, expect, test } from '@jest/globals';
import { type RepairRun, repairReport } from '../../src/report/repair-report.js';
import type { Finding } from '../../src/scan/result.js';
import { b, page, printed, scanResult } from './samples.js';

const at = { in: 'index', branch: 0, name: b('junk') } as never;
const junk: Finding = {
  code: 'junk-name',
  severity: 'error',
  path: b('junk'),
  message: 'not a name that an overlay gives',
  remedy: 'plinkctl repair --rescue DIR',
  safe: false,
  action: { kind: 'rescue', at, consent: 'rescue' },
};
const count: Finding = {
  ...junk,
  code: 'wrong-nlink',
  severity: 'warning',
  path: b('a'),
  message: 'the kernel counts too many names',
  action: {
    kind: 'set-attribute',
    at,
    attribute: 'trusted.overlay.nlink',
    value: 'U+0',
    consent: 'safe',
  } as never,
};

const run = (changes: Partial<RepairRun>): string =>
  printed(
    repairReport({
      scan: scanResult({ findings: [] }),
      done: [],
      told: [],
      left: [],
      yes: false,
      dryRun: false,
      seconds: 0,
      stop: undefined,
      ...changes,
    }).text(page),
  );

describe('what repair tells', () => {
  test('what it did, in the past', () => {
    const done = [
      { finding: junk, done: true, reason: undefined, kept: [b('/rescue/junk')] },
      { finding: count, done: true, reason: undefined, kept: [] },
    ];
    expect(run({ done })).toMatchInlineSnapshot(`
"overlay, not mounted
upper /u over /l1, /it's l2

✓ junk: moved to the rescue directory [junk-name]
    kept as /rescue/junk
✓ a: set its attribute trusted.overlay.nlink [wrong-nlink]

✓ 2 repairs made."
`);
  });

  test('what a person said no to, without the command that asked', () => {
    const left = [
      { finding: junk, action: junk.action as never, verdict: 'ask' as const, missing: '-y' },
      { finding: count, action: count.action as never, verdict: 'leave' as const, missing: '--rescue DIR' },
    ];
    const text = run({ left, asked: true, scan: scanResult({ findings: [junk, count] }) });
    expect(text).toContain('! 1 repair was not agreed to.\n! 1 repair needs --rescue DIR.');
    expect(text.split('→')).toHaveLength(2);
    expect(text).not.toContain('needs -y');
  });

  test('what it would do, what that needs, and that nothing was changed', () => {
    const left = [
      { finding: junk, action: junk.action as never, verdict: 'leave' as const, missing: '--rescue DIR' },
      { finding: count, action: count.action as never, verdict: 'do' as const, missing: undefined },
    ];
    expect(run({ left, dryRun: true, scan: scanResult({ findings: [junk, count] }) })).toMatchInlineSnapshot(`
"overlay, not mounted
upper /u over /l1, /it's l2

What repair would do
  • junk: not a name that an overlay gives [junk-name]
    → would need --rescue DIR to move it to the rescue directory
  • a: the kernel counts too many names [wrong-nlink]
    → would set its attribute trusted.overlay.nlink

Would make 1 of 2 repairs. Nothing was changed.
! 1 repair needs --rescue DIR."
`);
  });

  test('nothing', () => {
    expect(run({}).split('\n').at(-1)).toBe('✓ Nothing to repair.');
  });
});

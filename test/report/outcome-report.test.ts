import { describe, expect, test } from '@jest/globals';
import { outcomeReport } from '../../src/report/outcome-report.js';
import { planReport } from '../../src/report/plan-report.js';
import type { EntryPlan, Outcome, Plan } from '../../src/restore/plan-types.js';
import { aufsUnion, b, entry, page, printed, scanResult } from './samples.js';

const whole = entry();
const puzzling = entry({
  name: b('11.15'),
  state: 'ambiguous',
  names: [],
  missing: [],
  evidence: ['two lower files could be its origin'],
});
const quiet = entry({ name: b('00fe'), kind: 'directory', state: 'directory', names: [], missing: [] });
const scan = scanResult({ entries: [whole, puzzling, quiet] });

const entryPlan = (changes: Partial<EntryPlan> = {}): EntryPlan => ({
  entry: whole,
  link: [b('b'), b('d/c')],
  nlinkBefore: undefined,
  nlinkAfter: undefined,
  hydrate: false,
  remove: true,
  obstacle: undefined,
  linksAfter: 4,
  ...changes,
});

const plan = (changes: Partial<Plan> = {}): Plan => ({
  union: scan.union,
  goal: 'flush',
  directories: scan.directories,
  entries: [entryPlan()],
  kept: [
    { entry: puzzling, reason: 'its names cannot be proved', attention: true },
    { entry: quiet, reason: 'belongs to nfs_export', attention: false },
  ],
  leftovers: scan.leftovers,
  ...changes,
});

const outcome = (changes: Partial<Outcome> = {}): Outcome => ({
  entries: [
    { entry: whole, restored: [b('b'), b('d/c')], removed: true, reason: undefined, attention: false },
  ],
  linksRestored: 2,
  entriesRemoved: 1,
  entriesKept: 2,
  directoriesMade: 1,
  bytesFreed: 2048n,
  stopped: false,
  ...changes,
});

describe('what was done', () => {
  test('links, removals, and what was kept', () => {
    const report = outcomeReport(scan, plan(), outcome(), 0.5, undefined);
    expect(report.exitCode).toBe(4);
    expect(printed(report.text(page))).toMatchInlineSnapshot(`
"overlay, not mounted
upper /u over /l1, /it's l2

…110000005f5e1000  file of 12 KiB  flushed
├─ + b
├─ + d/c
└─ ✓ a

11.15  file of 12 KiB  ambiguous
├─ its names cannot be proved
└─ two lower files could be its origin

1 entry needs nothing (-v shows it)

✓ 2 names put back, 1 directory made for them, 1 entry removed from the index, 2.0 KiB freed.
! 1 entry kept, for the reasons above.
next: plinkctl check --upper /u --lower /l1 --lower '/it'\\''s l2' --work /w"
`);
  });

  test('quietly: only what needs attention', () => {
    const report = outcomeReport(scan, plan(), outcome(), 0.5, undefined);
    expect(printed(report.text(page), true)).toMatchInlineSnapshot(`
"
11.15  file of 12 KiB  ambiguous
├─ its names cannot be proved
└─ two lower files could be its origin
! 1 entry kept, for the reasons above.
next: plinkctl check --upper /u --lower /l1 --lower '/it'\\''s l2' --work /w"
`);
  });

  test('nothing to do', () => {
    const nothing = outcome({
      entries: [],
      linksRestored: 0,
      entriesRemoved: 0,
      directoriesMade: 0,
      bytesFreed: 0n,
    });
    const report = outcomeReport(
      scanResult({ entries: [] }),
      plan({ entries: [], kept: [] }),
      nothing,
      0,
      undefined,
    );
    expect(report.exitCode).toBe(0);
    expect(printed(report.text(page)).split('\n').at(-1)).toBe('✓ Nothing to flush.');
  });

  test('a name that could not be linked stays missing, with the reason', () => {
    const entries = [
      { entry: whole, restored: [b('b')], removed: false, reason: 'd/c: too many links', attention: true },
    ];
    const report = outcomeReport(
      scan,
      plan({ kept: [] }),
      outcome({ entries, linksRestored: 1, entriesRemoved: 0 }),
      0,
      undefined,
    );
    expect(report.exitCode).toBe(4);
    expect(report.json()).toMatchObject({
      entries: [{ restored: ['b'], missing: ['b', 'd/c'], removed: false, reason: 'd/c: too many links' }],
      summary: { linksRestored: 1, linksMissing: 1, entriesKept: 1 },
    });
    expect(printed(report.text(page))).toContain('− d/c');
  });

  test.each([
    [{ exitCode: 130, code: 'STOPPED', message: 'stopped by SIGINT' }, 'Stopped by SIGINT. Nothing is'],
    [
      { exitCode: 8, code: 'timeout', message: 'stopped after 1 second' },
      'Stopped after 1 second. Nothing is',
    ],
  ])('stopped: %j', (stop, says) => {
    const report = outcomeReport(scan, plan({ kept: [] }), outcome({ stopped: true }), 0, stop);
    expect(report.exitCode).toBe(stop.exitCode);
    expect(report.json()).toMatchObject({ stopped: true, error: { code: stop.code, message: stop.message } });
    expect(printed(report.text(page))).toContain(says);
    expect(printed(report.text(page))).toContain('the same command goes on from here');
  });

  test('of many entries only those that need attention', () => {
    const many = Array.from({ length: 30 }, (_, index) => entry({ name: b(`${index}.1`) }));
    const entries = many.map((each, index) => ({
      entry: each,
      restored: [],
      removed: index > 0,
      reason: index > 0 ? undefined : 'why',
      attention: index === 0,
    }));
    const report = outcomeReport(
      scanResult({ entries: many }),
      plan({ kept: [] }),
      outcome({ entries }),
      0,
      undefined,
    );
    const text = printed(report.text(page));
    expect(text).toContain('0.1');
    expect(text).not.toContain('7.1');
    expect(printed(report.text({ ...page, verbosity: 'verbose' }))).toContain('7.1');
  });
});

describe('what would be done', () => {
  test('a dry run', () => {
    const report = planReport(scanResult({ entries: [whole], union: aufsUnion }), plan(), 0.1);
    expect(printed(report.text(page))).toMatchInlineSnapshot(`
"aufs, not mounted
upper /u over /l

directories to be made
· + d/

…110000005f5e1000  file of 12 KiB  restorable  would be flushed
├─ + b
├─ + d/c
└─ ✓ a

11.15  file of 12 KiB  ambiguous
├─ its names cannot be proved
└─ two lower files could be its origin

1 entry needs nothing (-v shows it)

Would put back 2 names and remove 1 entry from the index. Nothing was changed.
! 1 entry would be kept, for the reasons above."
`);
    expect(report.json()).toMatchObject({
      dryRun: true,
      directories: ['d'],
      entries: [{ restored: ['b', 'd/c'], removed: true }, { removed: false }, { removed: false }],
      summary: { linksRestored: 2, entriesRemoved: 1, entriesKept: 1 },
    });
  });

  test('nothing', () => {
    const report = planReport(
      scanResult({ entries: [] }),
      plan({ entries: [], kept: [], directories: [] }),
      0,
    );
    expect(report.exitCode).toBe(0);
    expect(printed(report.text(page)).split('\n').at(-1)).toBe('✓ Nothing to do.');
  });
});

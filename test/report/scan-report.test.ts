import { describe, expect, test } from '@jest/globals';
import { Chalk } from 'chalk';
import { scanReport } from '../../src/report/scan-report.js';
import { aufsUnion, b, entry, page, printed, scanResult } from './samples.js';

const list = (...parameters: Parameters<typeof scanResult>) =>
  printed(scanReport('list', scanResult(...parameters), 0.1).text(page));

test('a finding about the root of the union has a path', () => {
  const finding = {
    ...{ code: 'interrupted', severity: 'warning' as const, path: b('') },
    ...{ message: 'an earlier run was interrupted', remedy: '', safe: true },
  };
  const text = printed(scanReport('check', scanResult({ findings: [finding] }), 0.1).text(page));
  expect(text).toContain('• /: an earlier run was interrupted');
});

describe('list', () => {
  test('an entry with missing names', () => {
    expect(list()).toMatchInlineSnapshot(`
"overlay, not mounted here
upper /u over /l1, /it's l2

…110000005f5e1000  file of 12 KiB  restorable
├─ − b
├─ − d/c
└─ ✓ a

1 entry: 1 restorable. 2 names are missing.
next: plinkctl flush --upper /u --lower /l1 --lower '/it'\\''s l2' --work /w"
`);
  });

  test('an empty index', () => {
    expect(list({ entries: [] })).toMatchInlineSnapshot(`
"overlay, not mounted here
upper /u over /l1, /it's l2

✓ The index is empty."
`);
  });

  test('at risk, complete, orphan, with reasons', () => {
    const entries = [
      entry({ atRisk: true, names: [], reason: 'the lower file has one link left' }),
      entry({ state: 'complete', names: [b('x'), b('y')], missing: [] }),
      entry({ name: b('11.15'), state: 'orphan', names: [], missing: [], kind: 'symlink' }),
    ];
    expect(list({ entries, union: aufsUnion })).toMatchInlineSnapshot(`
"aufs, not mounted here
upper /u over /l

…110000005f5e1000  file of 12 KiB  restorable  AT RISK
├─ − b
├─ − d/c
└─ the lower file has one link left

…110000005f5e1000  file of 12 KiB  complete
├─ ✓ x
└─ ✓ y

11.15  symlink  orphan

3 entries: 1 restorable, 1 complete, 1 orphan. 2 names are missing.
1 entry holds the only copy of data that the next mount or another tool's flush would destroy.
next: plinkctl flush --upper /u --lower /l
then: plinkctl prune --upper /u --lower /l"
`);
  });

  test('many names are cut, unless all are asked for', () => {
    const names = Array.from({ length: 20 }, (_, index) => b(`name${index}`));
    const scan = scanResult({ entries: [entry({ names, missing: [] })] });
    const report = scanReport('list', scan, 0);
    expect(printed(report.text(page))).toContain('… and 8 more (-v shows all)');
    expect(printed(report.text({ ...page, verbosity: 'verbose' }))).toContain('name19');
  });

  test('a name cannot reach the terminal', () => {
    const text = list({ entries: [entry({ names: [b('\x1b]0;title\x07')], missing: [] })] });
    expect(text).toContain('✓ \\x1b]0;title\\x07');
  });

  test('in colour', () => {
    const style = new Chalk({ level: 1 });
    const text = printed(scanReport('list', scanResult(), 0).text({ ...page, style }));
    expect(text.replaceAll('\x1b', '')).toMatchInlineSnapshot(`
"[1moverlay[22m, not mounted here
[2mupper /u over /l1, /it's l2[22m

[1m…110000005f5e1000[22m  file of 12 KiB  [33mrestorable[39m
[2m├─[22m [33m−[39m b
[2m├─[22m [33m−[39m d/c
[2m└─[22m [32m✓[39m a

1 entry: 1 restorable. 2 names are missing.
[2mnext:[22m plinkctl flush --upper /u --lower /l1 --lower '/it'\\''s l2' --work /w"
`);
  });
});

describe('check', () => {
  const findings = [
    { code: 'z-note', severity: 'note', path: b('n'), message: 'is as it is', remedy: '', safe: false },
    {
      code: 'only-copy',
      severity: 'danger',
      path: b('a'),
      message: 'has one copy',
      remedy: 'run flush',
      safe: false,
    },
    {
      code: 'lower-changed',
      severity: 'warning',
      path: b('/l1'),
      message: 'has changed',
      remedy: 'look',
      safe: false,
    },
  ] as const;

  test('findings by gravity', () => {
    const scan = scanResult({ findings, unreadable: [{ path: b('secret'), branch: 1, code: 'EACCES' }] });
    const report = scanReport('check', scan, 0);
    expect(report.exitCode).toBe(4);
    expect(printed(report.text(page))).toMatchInlineSnapshot(`
"overlay, not mounted
upper /u over /l1, /it's l2

Data is lost if nothing is done
  • a: has one copy [only-copy]
    → run flush

To be looked at
  • /l1: has changed [lower-changed]
    → look

Good to know
  • n: is as it is [z-note]

Could not be looked into, so nothing there is proved
  • branch 1: secret [EACCES]

1 entry: 1 restorable. 2 names are missing.
Without the index the missing names show old content: flush before the upper is copied, packed or mounted otherwise.
next: plinkctl flush --upper /u --lower /l1 --lower '/it'\\''s l2' --work /w"
`);
    expect(printed(report.text(page), true)).not.toContain('is as it is');
  });

  test.each([
    ['nothing', {}, 0],
    ['a note', { findings: [findings[0]] }, 0],
    ['a warning', { findings: [findings[2]] }, 4],
    ['an unreadable directory', { unreadable: [{ path: b(''), branch: 0, code: 'EIO' }] }, 4],
    ['no change allowed', { blocked: { code: 'c', message: 'm', remedy: 'r' } }, 4],
    ['an entry at risk', { entries: [entry({ atRisk: true })] }, 4],
    ['an ambiguous entry', { entries: [entry({ state: 'ambiguous' as const })] }, 4],
    ['a directory entry', { entries: [entry({ state: 'directory' as const })] }, 0],
  ])('%s', (_, changes, code) => {
    expect(scanReport('check', scanResult(changes), 0).exitCode).toBe(code);
    expect(scanReport('list', scanResult(changes), 0).exitCode).toBe(0);
  });
});

test('what forbids every change is told once, by list too', () => {
  const blocked = { code: 'other-upper', message: 'belongs to another upper', remedy: 'see the manual' };
  const finding = { ...blocked, severity: 'error', path: b('/w/index'), safe: false } as const;
  expect(list({ blocked })).toContain('/u: belongs to another upper [other-upper]');
  expect(list({ blocked, findings: [finding] }).match(/other-upper/g)).toHaveLength(1);
});

test('json', () => {
  const entries = [entry({ names: [b('a'), b('\xff')], evidence: ['one', 'two'], reason: 'why' })];
  const document = scanReport('list', scanResult({ entries }), 0.12345).json();
  expect(JSON.parse(JSON.stringify(document))).toMatchInlineSnapshot(`
{
  "dryRun": false,
  "entries": [
    {
      "atRisk": false,
      "branch": 0,
      "evidence": [
        "one",
        "two",
      ],
      "kind": "file",
      "missing": [
        "b",
        "d/c",
      ],
      "name": "00fb1d0001aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa110000005f5e1000",
      "names": [
        "a",
        {
          "b64": "/w==",
        },
      ],
      "reason": "why",
      "removed": false,
      "restored": [],
      "state": "restorable",
      "upper": {
        "dev": "2049",
        "ino": "9007199254740993",
        "nlink": 2,
      },
    },
  ],
  "findings": [],
  "summary": {
    "bytesFreed": "0",
    "entries": 1,
    "entriesKept": 0,
    "entriesRemoved": 0,
    "linksMissing": 2,
    "linksRestored": 0,
    "seconds": 0.123,
  },
  "target": {
    "branches": [
      {
        "path": "/u",
        "role": "upper",
      },
      {
        "path": "/l1",
        "role": "lower",
      },
      {
        "path": "/it's l2",
        "role": "lower",
      },
    ],
    "format": "overlay",
    "index": "/w/index",
    "lowers": [
      "/l1",
      "/it's l2",
    ],
    "mounted": false,
    "mountpoint": null,
    "upper": "/u",
    "work": "/w",
  },
  "unreadable": [],
}
`);
});

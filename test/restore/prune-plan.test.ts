import { describe, expect, test } from '@jest/globals';
import { defaultAge, prunePlan } from '../../src/restore/prune/prune-plan.js';
import type { PruneFacts, PrunePolicy } from '../../src/restore/prune/prune-types.js';
import type { IndexEntry, OverlayEntryFacts, ScanResult } from '../../src/scan/result.js';
import type { Bytes } from '../../src/sys/bytes.js';
import { overlayPlace, overlayUnion } from '../support/overlay-place.js';
import { tempDir } from '../support/temp-dir.js';

const SECOND = 1_000_000_000n;
const DAY = 86_400n * SECOND;
const NOW = 100n * DAY;

const overlay: OverlayEntryFacts = {
  lowerNlink: 3,
  nlinkXattr: 'U+1',
  nlinkWanted: 'U-1',
  metacopy: undefined,
  originExists: true,
  accounted: true,
} as OverlayEntryFacts;

const orphan: IndexEntry = {
  name: '00fb' as Bytes,
  branch: 0,
  kind: 'file',
  state: 'orphan',
  atRisk: false,
  inode: {
    dev: 1n,
    ino: 2n,
    mode: 0o100644,
    nlink: 1,
    uid: 0,
    gid: 0,
    size: 1n,
    mtime: 0n,
    blocks: 8n,
    attributes: 0n,
  },
  names: [],
  missing: [],
  reason: undefined,
  evidence: [],
  overlay,
  aufs: undefined,
};
const vanished: IndexEntry = { ...orphan, atRisk: true, overlay: { ...overlay, originExists: false } };

const facts: PruneFacts = {
  changed: NOW - 2n * DAY,
  open: false,
  disagreement: undefined,
  lower: { seen: 3, nlink: 3 },
};
const policy: PrunePolicy = { minAge: undefined, rescue: undefined, withoutRescue: false };

const directory = tempDir('plan');
const union = overlayUnion(overlayPlace(directory.path));
directory.dispose();

function decide(
  entry: IndexEntry,
  {
    known = facts,
    terms = policy,
    ...scan
  }: { known?: PruneFacts; terms?: PrunePolicy } & Partial<ScanResult> = {},
): string {
  const found = {
    union,
    entries: [entry],
    blocked: undefined,
    nfsExport: false,
    ...scan,
  } as unknown as ScanResult;
  const plan = prunePlan({
    scan: found,
    facts: new Map([[entry, known]]),
    knownNames: new Map(),
    policy: terms,
    now: NOW,
  });
  if (plan.entries.length > 0) return 'goes';
  const [kept] = plan.kept;
  return kept === undefined ? 'ignored' : `${kept.attention ? '! ' : ''}${kept.reason}`;
}

describe('what a prune removes', () => {
  test('an orphan whose names were removed through the union, at once', () => {
    expect(decide(orphan, { known: { ...facts, changed: NOW } })).toBe('goes');
    expect(defaultAge(orphan, facts)).toBe(0n);
  });

  test('a clock that was set back makes nothing old', () => {
    expect(decide(orphan, { known: { ...facts, changed: NOW + SECOND } })).toMatch(/must rest/);
  });

  test('one whose lower file vanished: with a decision about its data, and after a day', () => {
    const saved = { ...policy, rescue: '/r' as Bytes };
    const young = { ...facts, changed: NOW - DAY + SECOND };
    expect(decide(vanished)).toMatch(/^! .*last copy/);
    expect(decide(vanished, { terms: saved })).toBe('goes');
    expect(decide(vanished, { terms: { ...policy, withoutRescue: true } })).toBe('goes');
    expect(decide(vanished, { terms: saved, known: young })).toMatch(
      /^changed 23 hours ago, and must rest for 24 hours/,
    );
    expect(decide(vanished, { terms: { ...saved, minAge: 0n }, known: young })).toBe('goes');
  });

  test('one whose lower file no given lower has is not judged', () => {
    const lost = { ...facts, lower: undefined };
    expect(decide(orphan, { known: lost })).toMatch(/^! none of the given lowers/);
    expect(decide(orphan, { known: lost, terms: { ...policy, rescue: '/r' as Bytes } })).toMatch(/^! none/);
    // Without the right to open by handle the names in the lowers tell.
    expect(decide({ ...orphan, overlay: { ...overlay, originExists: undefined } })).toBe('goes');
  });

  test('one whose lower file has names elsewhere needs a decision about its data', () => {
    const known = { ...facts, lower: { seen: 2, nlink: 3 } };
    expect(decide(orphan, { known })).toMatch(/^! the lower file has names outside/);
    expect(decide(orphan, { known, terms: { ...policy, rescue: '/r' as Bytes } })).toBe('goes');
  });

  test.each([
    ['held open', { known: { ...facts, open: true } }, 'a process has it open'],
    ['perhaps held open', { known: { ...facts, open: undefined } }, '! whether a process has it open'],
    ['contradicted by a record', { known: { ...facts, disagreement: 'the record …' } }, '! the record …'],
    ['exported', { nfsExport: true }, 'nfs_export'],
    ['young', { terms: { ...policy, minAge: 3n * DAY } }, 'changed 2 days ago, and must rest for 3 days'],
  ])('nothing that is %s', (_, options, reason) => {
    expect(decide(orphan, options)).toContain(reason);
  });

  test('nothing with another link', () => {
    expect(decide({ ...orphan, inode: { ...orphan.inode, nlink: 2 } })).toBe('! the inode has 1 more links');
  });

  test.each([
    'restorable',
    'complete',
    'stale',
    'junk',
    'damaged',
    'temporary',
    'whiteout',
    'directory',
  ] as const)('no %s entry, without a word', (state) => {
    expect(decide({ ...orphan, state })).toBe('ignored');
  });

  test.each(['ambiguous', 'foreign'] as const)('no %s entry, and says why', (state) => {
    expect(decide({ ...orphan, state, reason: 'cannot look' })).toBe('! cannot look');
  });

  test('nothing at all where the branches do not belong together', () => {
    const blocked = { code: 'lower-mismatch', message: 'another lower', remedy: '' };
    expect(() => decide(orphan, { blocked })).toThrow('another lower');
  });
});

import { describe, expect, test } from '@jest/globals';
import { nextSteps } from '../../src/report/next-step.js';
import type { Finding } from '../../src/scan/result.js';
import type { OverlayUnion } from '../../src/union/union.js';
import { b, entry, overlayUnion, scanResult } from './samples.js';

const target = "--upper /u --lower /l1 --lower '/it'\\''s l2' --work /w";
const whole = entry({ state: 'complete', missing: [] });
const at = { in: 'index', branch: 0, name: b('x') } as never;

const finding = (code: string, severity: Finding['severity'], action?: Finding['action']): Finding => ({
  code,
  severity,
  path: b('x'),
  message: 'm',
  remedy: 'r',
  safe: false,
  action,
});

const junk = finding('junk-name', 'error', { kind: 'rescue', at, consent: 'rescue' });
const orphan = finding('orphan', 'warning', { kind: 'rescue', at, consent: 'rescue' });
const risk = finding('only-copy-at-risk', 'danger', {
  kind: 'flush',
  branch: 0,
  entry: b('x'),
  consent: 'safe',
});
const stale = finding('stale', 'warning', { kind: 'flush', branch: 0, entry: b('x'), consent: 'safe' });
const note = finding('wrong-nlink', 'note', { kind: 'rescue', at, consent: 'rescue' });

const steps = (findings: Finding[], entries = [whole]) =>
  nextSteps(scanResult({ findings, entries })).map((line) => line.replace(` ${target}`, ''));

describe('what to run next', () => {
  test.each([
    ['nothing', [], [whole], []],
    ['missing names', [], [entry()], ['plinkctl flush']],
    ['what is broken comes before the links', [junk], [entry()], ['plinkctl repair', 'plinkctl flush']],
    [
      'what would be lost comes before all else',
      [junk, risk],
      [entry()],
      ['plinkctl flush', 'plinkctl repair'],
    ],
    ['stale entries', [stale], [whole], ['plinkctl flush']],
    ['orphans', [orphan], [entry({ state: 'orphan', names: [], missing: [] })], ['plinkctl prune']],
    ['a note asks for nothing', [note], [whole], []],
    ['what no command mends', [finding('foreign', 'warning')], [whole], []],
  ])('%s', (_, findings, entries, expected) => {
    expect(steps(findings, entries)).toEqual(expected);
  });

  test('where nothing may be written, what lets it be written', () => {
    const blocked = { code: 'other-upper', message: 'm', remedy: 'r' };
    expect(nextSteps(scanResult({ blocked }))).toEqual([]);
    expect(nextSteps(scanResult({ blocked, findings: [junk] }))).toEqual([`plinkctl repair ${target}`]);
  });

  test('a repair has to wait for the unmount', () => {
    const mounted = { path: b('/m'), dev: 1n, readOnly: false, pid: undefined };
    const union = { ...(overlayUnion as OverlayUnion), mounted };
    expect(nextSteps(scanResult({ findings: [junk], union }))).toEqual(['plinkctl flush /m']);
  });

  test('a mount that links nothing has to go first', () => {
    const mounted = { path: b('/m'), dev: 1n, readOnly: true, pid: undefined };
    const union = { ...(overlayUnion as OverlayUnion), mounted };
    expect(nextSteps(scanResult({ union }))).toEqual(['umount /m', `plinkctl flush ${target}`]);
    const live = { ...union, mounted: { ...mounted, readOnly: false } };
    expect(nextSteps(scanResult({ union: live }))).toEqual(['plinkctl flush /m']);
    const off = { ...live, options: { ...live.options, index: false } };
    expect(nextSteps(scanResult({ union: off }))[0]).toBe('umount /m');
  });

  test('of another mount namespace: by paths that outlive its process', () => {
    const inside = (path: string) => b(`/proc/42/root${path}`);
    const mounted = { path: inside('/m'), dev: 1n, readOnly: true, pid: 42 };
    const { branches, work } = overlayUnion as OverlayUnion;
    const union = {
      ...(overlayUnion as OverlayUnion),
      branches: branches.map((branch) => ({ ...branch, path: inside(branch.path) })),
      work: inside(work),
      mounted,
    };
    expect(nextSteps(scanResult({ union }))).toEqual([
      'nsenter -t 42 -m umount /m',
      `plinkctl flush ${target}`,
    ]);
    const live = { ...union, mounted: { ...mounted, readOnly: false } };
    expect(nextSteps(scanResult({ union: live }))).toEqual(['plinkctl flush /proc/42/root/m']);
  });

  test('the line names the union as it was named', () => {
    expect(nextSteps(scanResult())).toEqual([`plinkctl flush ${target}`]);
  });
});

import { describe, expect, test } from '@jest/globals';
import { entryFilter } from '../../src/cli/list-options.js';
import { b, entry } from '../report/samples.js';
import { runMain } from '../support/run-main.js';

const { inode } = entry();
const entries = [
  entry({ name: b('1'), names: [b('m')], missing: [], inode: { ...inode, size: 5n, mtime: 2n } }),
  entry({ name: b('2'), names: [], missing: [], state: 'junk', atRisk: true, inode: { ...inode, size: 9n } }),
  entry({
    name: b('3'),
    names: [b('z'), b('b')],
    state: 'complete',
    inode: { ...inode, size: 7n, mtime: 3n },
  }),
];
const none = {
  tree: undefined,
  sort: undefined,
  state: undefined,
  'at-risk': undefined,
  count: undefined,
  metrics: undefined,
};
const kept = (values: Partial<Parameters<typeof entryFilter>[0]>): string =>
  entryFilter({ ...none, ...values })(entries)
    .map(({ name }) => name)
    .join('');

describe('entryFilter', () => {
  test('without options nothing changes', () => {
    expect(kept({})).toBe('123');
  });

  test.each([
    ['name', '312'],
    ['state', '132'],
    ['size', '231'],
    ['mtime', '312'],
    ['names', '312'],
  ] as const)('--sort %s', (sort, order) => {
    expect(kept({ sort })).toBe(order);
  });

  test('states, repeated or with commas, and those at risk', () => {
    expect(kept({ state: [b('junk,complete')] })).toBe('23');
    expect(kept({ state: [b('junk'), b('restorable')] })).toBe('12');
    expect(kept({ state: [b('orphan')] })).toBe('');
    expect(kept({ 'at-risk': true })).toBe('2');
    expect(kept({ 'at-risk': true, state: [b('complete')] })).toBe('');
  });

  test('metrics of chosen entries alone would tell of a healthy union', () => {
    expect(() => kept({ 'at-risk': true, metrics: b('x') })).toThrow('--metrics counts every entry');
    expect(kept({ sort: 'size', metrics: b('x') })).toBe('231');
  });
});

describe('unknown values', () => {
  test.each<[string[], string]>([
    [['--state=restorable,orfan'], '--state takes one of restorable, complete, orphan'],
    [['--state', 'orphn'], 'did you mean orphan?'],
    [['--state='], '--state needs a value'],
    [['--state=,'], '--state takes one of'],
    [['--sort=sise'], 'did you mean size?'],
    [['--sort', 'x'], '--sort takes one of name, state, size, mtime, names'],
  ])('%j', async (words, message) => {
    const { code, out, err } = await runMain('list', ...words, '/');
    expect({ code, out }).toEqual({ code: 16, out: '' });
    expect(err).toContain(message);
  });
});

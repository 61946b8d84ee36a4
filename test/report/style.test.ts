import { describe, expect, test } from '@jest/globals';
import { formatNotice } from '../../src/report/notice.js';
import { loadStyle, plain, wantsColor } from '../../src/report/style.js';
import { plural, size } from '../../src/words/plural.js';

describe('colour', () => {
  test.each<[boolean | undefined, boolean, Record<string, string>, boolean]>([
    [undefined, true, {}, true],
    [undefined, false, {}, false],
    [undefined, true, { NO_COLOR: '1' }, false],
    [undefined, true, { NO_COLOR: '' }, true],
    [undefined, true, { TERM: 'dumb' }, false],
    [undefined, false, { FORCE_COLOR: '1' }, true],
    [undefined, true, { FORCE_COLOR: '0' }, false],
    [undefined, true, { FORCE_COLOR: 'false' }, false],
    [undefined, false, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    [true, false, { NO_COLOR: '1' }, true],
    [false, true, { FORCE_COLOR: '1' }, false],
  ])('option %p, terminal %p, %j: %p', (option, terminal, env, wanted) => {
    expect(wantsColor(option, terminal, env)).toBe(wanted);
  });

  test('without it nothing is loaded and nothing painted', async () => {
    expect(await loadStyle(false)).toBe(plain);
    expect(plain.red('x')).toBe('x');
    expect((await loadStyle(true)).red('x')).toBe('\x1b[31mx\x1b[39m');
  });
});

describe('messages on stderr', () => {
  const notice = { level: 'warning', text: 'one\ntwo' } as const;
  test.each([
    ['text', 'plinkctl: one\n  two\n'],
    ['systemd', '<4>one\n<4>two\n'],
    ['json', '{"level":"warning","message":"one\\ntwo"}\n'],
  ] as const)('%s', (format, text) => {
    expect(formatNotice(notice, format)).toBe(text);
  });
});

test.each<[bigint, string]>([
  [0n, '0 bytes'],
  [1n, '1 byte'],
  [1023n, '1023 bytes'],
  [1024n, '1.0 KiB'],
  [12345n, '12 KiB'],
  [5n << 30n, '5.0 GiB'],
  [1n << 60n, '1024 PiB'],
])('%p is %s', (bytes, text) => {
  expect(size(bytes)).toBe(text);
});

test('plural', () => {
  expect([plural(0, 'name'), plural(1, 'name'), plural(2, 'entry', 'entries')]).toEqual([
    '0 names',
    '1 name',
    '2 entries',
  ]);
});

import { expect, test } from '@jest/globals';
import { busyProblem } from '../../src/lock/busy-problem.js';
import type { Holder, RecordedHolder } from '../../src/lock/holder.js';
import { ownIdentity } from '../../src/lock/process-identity.js';
import { ascii } from '../../src/sys/bytes.js';

const object = { path: ascii('/w/index'), fd: -1, id: '1:2-3', dev: 1n, ino: 3n };
const now = new Date(2026, 0, 2, 13, 0, 0);
const recorded: RecordedHolder = {
  ...ownIdentity(),
  pid: 1234,
  nonce: '1',
  command: 'flush',
  argv: [],
  since: new Date(2026, 0, 2, 12, 3, 11).toISOString(),
  targets: [],
  admitsChildren: false,
  alive: true,
};
const tell = (holder: Partial<Holder>, level = 0) =>
  busyProblem({ object, level }, { recorded: undefined, other: undefined, ...holder }, false, now);

test('names the holder, with the time of day', () => {
  expect(tell({ recorded })).toMatchObject({
    kind: 'busy',
    code: 'locked',
    path: '/w/index',
    message: 'the maintenance mode is held by pid 1234 (plinkctl flush), since 12:03:11, alive',
    hint: 'wait for it with --wait (or --wait=SECONDS); plinkctl maint status tells more about the holder',
  });
});

test.each<[string, Partial<Holder>, number, string]>([
  [
    'of another day',
    { recorded: { ...recorded, since: new Date(2025, 11, 31, 1, 2, 3).toISOString() } },
    0,
    'by pid 1234 (plinkctl flush), since 2025-12-31 01:02:03, alive',
  ],
  [
    'out of sight',
    { recorded: { ...recorded, pid: 1, pidNamespace: 'pid:[5]', alive: 'unknown' } },
    0,
    'by pid 1 of another pid namespace (plinkctl flush), since 12:03:11, not visible from here',
  ],
  [
    'whose record holds terminal codes',
    { recorded: { ...recorded, command: '\u001b[31m', since: 'x' } },
    0,
    'by pid 1234 (plinkctl \\x1b[31m), since an unknown time, alive',
  ],
  [
    'that is a child',
    { recorded },
    1,
    '(by a program that its holder started) by pid 1234 (plinkctl flush), since 12:03:11, alive',
  ],
  [
    'of another program',
    { other: { pid: 7, program: 'flock' } },
    0,
    'by pid 7 (flock), which left no record',
  ],
  ['unseen', {}, 0, 'by a process that cannot be seen from here'],
])('names a holder %s', (_, holder, level, end) => {
  expect(tell(holder, level).message).toBe(`the maintenance mode is held ${end}`);
});

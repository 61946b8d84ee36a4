import { describe, expect, test } from '@jest/globals';
import { isAlive, isAncestor, ownIdentity } from '../../src/lock/process-identity.js';
import { parseProcessStat, processStat } from '../../src/lock/process-stat.js';

const line = (command: string, state = 'S') =>
  `1234 (${command}) ${state} 77 1234 1230 34816 1234 4194560 1 0 0 0 1 2 3 4 20 0 1 0 987654 8 9 10`;

describe('parseProcessStat', () => {
  test.each(['node', 'a b', ') S 1 (', '((', 'x) R 9 9 9 9'])('reads past a command named %j', (command) => {
    expect(parseProcessStat(line(command))).toEqual({
      pid: 1234,
      parent: 77,
      startTime: '987654',
      group: 1234,
      foregroundGroup: 1234,
      zombie: false,
    });
  });

  test('knows what has ended', () => {
    expect(parseProcessStat(line('a', 'Z'))?.zombie).toBe(true);
  });

  test.each(['', 'nothing', '1 (x)'])('reads nothing in %j', (text) => {
    expect(parseProcessStat(text)).toBeUndefined();
  });
});

describe('a process identity', () => {
  const parent = () => {
    const stat = processStat(process.ppid);
    return { ...ownIdentity(), pid: process.ppid, startTime: stat?.startTime ?? '' };
  };

  test('is alive only with its own start, boot and namespace', () => {
    expect(isAlive(ownIdentity())).toBe(true);
    expect(isAlive(parent())).toBe(true);
    expect(isAlive({ ...ownIdentity(), startTime: '1' })).toBe(false);
    expect(isAlive({ ...ownIdentity(), bootId: 'earlier' })).toBe(false);
    expect(isAlive({ ...ownIdentity(), pidNamespace: 'pid:[1]' })).not.toBe(true);
  });

  test('is an ancestor only if it is the parent or above', () => {
    expect(isAncestor(parent())).toBe(true);
    expect(isAncestor(ownIdentity())).toBe(false);
    expect(isAncestor({ ...parent(), startTime: '1' })).toBe(false);
    expect(isAncestor({ ...parent(), bootId: 'earlier' })).toBe(false);
    expect(isAncestor({ ...parent(), bootId: '' })).toBe(false);
    expect(isAncestor({ ...parent(), pidNamespace: 'pid:[1]' })).toBe(false);
  });
});

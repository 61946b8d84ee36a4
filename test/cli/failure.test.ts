import { describe, expect, test } from '@jest/globals';
import { exitCode, exitMeanings, gravest } from '../../src/cli/exit-code.js';
import { failureOf } from '../../src/cli/failure.js';
import { Stopped } from '../../src/cli/stopped.js';
import { Problem } from '../../src/problem.js';
import { failureJson, failureText } from '../../src/report/failure.js';
import type { Bytes } from '../../src/sys/bytes.js';
import { SysError } from '../../src/sys/sys-error.js';

describe('every error has its exit code', () => {
  test.each<[string, unknown, number, string]>([
    ['usage', new Problem('usage', 'bad', 'm'), 16, 'bad'],
    ['operational', new Problem('operational', 'bad', 'm'), 8, 'bad'],
    ['busy', new Problem('busy', 'locked', 'm'), 75, 'locked'],
    ['SIGINT', new Stopped('SIGINT'), 130, 'STOPPED'],
    ['SIGTERM', new Stopped('SIGTERM'), 143, 'STOPPED'],
    ['a system call', new SysError('linkat', 13, 'd/x'), 8, 'EACCES'],
    [
      'node itself',
      Object.assign(new Error('x'), { code: 'ENOENT', syscall: 'open', path: '/x' }),
      8,
      'ENOENT',
    ],
    ['a fault', new TypeError('x is not a function'), 8, 'internal'],
    ['anything', 'thrown text', 8, 'internal'],
  ])('%s', (_, error, code, name) => {
    expect(failureOf(error)).toMatchObject({ exitCode: code, code: name });
  });

  test('a system call is told with path, call and meaning', () => {
    const failure = failureOf(new SysError('linkat', 13, 'd/\n'));
    expect(failureText(failure)).toBe('d/\\x0a: permission denied (linkat)');
    expect(failureJson(failure)).toEqual({
      code: 'EACCES',
      message: 'permission denied',
      path: 'd/\n',
      syscall: 'linkat',
      hint: null,
    });
  });

  test('a file that may not grow is told in words', () => {
    expect(failureText(failureOf(new SysError('write', 27, 'x')))).toBe('x: file too large (write)');
  });

  test('a problem is told with its hint', () => {
    const problem = new Problem('busy', 'locked', 'is locked', { path: '/u' as Bytes, hint: 'wait' });
    expect(failureText(failureOf(problem))).toBe('/u: is locked\nwait');
  });
});

test('the gravest of several exit codes', () => {
  expect(gravest([])).toBe(0);
  expect(gravest([0, 4, 0])).toBe(4);
  expect(gravest([4, 75, 0])).toBe(75);
  expect(gravest([75, 8, 4])).toBe(8);
  expect(gravest([8, 130])).toBe(130);
});

test('every exit code has a meaning in the help', () => {
  const told = exitMeanings([]).map(([code]) => code);
  expect(told).toEqual(Object.values(exitCode).sort((a, b) => a - b));
});

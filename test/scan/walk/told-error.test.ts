import { expect, test } from '@jest/globals';
import { failureOf } from '../../../src/cli/failure.js';
import { errorAsTold, toldError } from '../../../src/scan/walk/told-error.js';
import { SysError } from '../../../src/sys/sys-error.js';

const fromThread = (error: unknown): unknown => errorAsTold(structuredClone(toldError(error)));

test('what a call of the other thread failed with is told as if it were of this one', () => {
  const error = new SysError('openat2', 24, 'd/e');
  expect(fromThread(error)).toBeInstanceOf(SysError);
  expect(failureOf(fromThread(error))).toEqual(failureOf(error));
  expect(failureOf(fromThread(error))).toMatchObject({ exitCode: 8, code: 'EMFILE', path: 'd/e' });
});

test('any other error stays one', () => {
  expect(fromThread(new TypeError('no'))).toMatchObject({ name: 'TypeError', message: 'no' });
});

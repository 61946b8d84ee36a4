import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { loadKoffi } from '../../src/sys/load-koffi.js';

const require = createRequire(import.meta.url);
const { dependencies } = JSON.parse(readFileSync(require.resolve('../../package.json'), 'utf8'));
const released: string = dependencies.koffi;
const nowhere = '/lib/no-such-loader.so';

/** What is asked for on the way, and what works in the end. */
function load(version: string | undefined, musl: string | undefined, hidden?: RegExp): string[] {
  const asked: string[] = [];
  const koffi = loadKoffi(
    (name) => {
      asked.push(name);
      if (hidden?.test(name) === true) throw new Error(`Cannot find module '${name}'`);
      return require(name);
    },
    version,
    musl,
  );
  expect(koffi.load(null).func('int getpid()')()).toBe(process.pid);
  return asked;
}

const native = `@koromix/koffi-linux-${process.arch}/linux_${process.arch}/koffi.node`;

test('the native part of the release that the program was built with is taken as it is', () => {
  expect(load(released, nowhere)).toEqual([native]);
});

test.each([
  ['another release lies there', '0.0.1', nowhere, undefined],
  ['it lies elsewhere', released, nowhere, /^@koromix/],
])("koffi's own loader is asked when %s", (_, version, musl, hidden) => {
  expect(load(version, musl, hidden)).toEqual([native, 'koffi']);
});

test.each([
  ['the program runs from its sources', undefined, nowhere],
  ['the machine has the other C library too', released, '/proc/self/exe'],
])("koffi's own loader alone is asked when %s", (_, version, musl) => {
  expect(load(version, musl)).toEqual(['koffi']);
});

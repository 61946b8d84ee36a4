import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import type { runLine as RunLine } from './cli/run-line.js';

// What the built program has in place of `cli/run-line.js`. To parse 600 KB of text takes 10 ms of every start; the
// build leaves what came of it beside the text, for the release of Node that it ran with. Another release does without.

/** Name of the bundled text, which says what is in it; the build puts it here. */
declare const BUNDLE: string;

const file = fileURLToPath(new URL(BUNDLE, import.meta.url));
const parsed = readParsed();
const { runLine: run } =
  parsed === undefined ? (createRequire(import.meta.url)(file) as Bundle) : evaluate(parsed);

interface Bundle {
  readonly runLine: typeof RunLine;
}

export const runLine = run;

function readParsed(): Buffer | undefined {
  try {
    return readFileSync(`${file}.${process.versions.v8}-${process.arch}`);
  } catch {
    return undefined;
  }
}

function evaluate(cachedData: Buffer): Bundle {
  // Nothing but ASCII is in it: the build escapes the rest.
  const text = readFileSync(file, 'latin1');
  const script = new vm.Script(`(function (exports, require, module, __filename, __dirname) {${text}\n})`, {
    filename: file,
    cachedData,
  });
  const load = (path: string): Promise<unknown> => import(path);
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(file), module, file, dirname(file), load);
  return module.exports as Bundle;
}

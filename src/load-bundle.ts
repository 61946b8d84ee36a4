import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import type { runLine as RunLine } from './cli/run-line.js';

// What the built program has in place of `cli/run-line.js`. To parse 600 KB of text takes 10 ms of every start; the
// build leaves what came of it beside the text, for the release of Node that it ran with. Another release does without.

/** Name of the bundled text, which says what is in it; the build puts it here. */
declare const BUNDLE: string;

type Bundle = { runLine?: typeof RunLine };
type Load = (path: string) => Promise<unknown>;

const file = fileURLToPath(new URL(BUNDLE, import.meta.url));
// Nothing but ASCII is in it: the build escapes the rest.
const script = new vm.Script(readFileSync(file, 'latin1'), { filename: file, cachedData: readParsed() });
const module: { exports: Bundle } = { exports: {} };
// A script that V8 need not parse again has lost its `import()`: it gets this one.
const load: Load = (path) => import(path);
script.runInThisContext()(module.exports, require, module, file, dirname(file), load);

export const runLine = module.exports.runLine as typeof RunLine;

function readParsed(): Buffer | undefined {
  try {
    return readFileSync(`${file}.${process.versions.v8}-${process.arch}`);
  } catch {
    return undefined;
  }
}

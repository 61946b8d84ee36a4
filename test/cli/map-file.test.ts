import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readMap } from '../../src/cli/map-file.js';
import { bytesFromText } from '../../src/sys/bytes.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';

let directory: TempDir;
beforeEach(() => {
  directory = tempDir('map-file');
});
afterEach(() => directory.dispose());

function read(text: string): [string, string[]][] {
  const file = join(directory.path, 'map');
  writeFileSync(file, text, 'latin1');
  return [...readMap(bytesFromText(file))];
}

test.each<[string, [string, string[]][]]>([
  ['# a comment\n11.15 /a d//b\n11.15 c\n', [['11.15', ['a', 'd/b', 'c']]]],
  [`11.15 "it's" 'caf\xe9'\n`, [['11.15', ["it's", 'caf\xe9']]]],
  ['{ "11.15": ["caf\xc3\xa9", { "b64": "Y2Fm6Q==" }] }', [['11.15', ['caf\xc3\xa9', 'caf\xe9']]]],
])('reads %j', (text, map) => {
  expect(read(text)).toEqual(map);
});

// Each of these would pass for a name that nobody meant, and be linked.
test.each([
  ['an apostrophe that is none', "11.15 it's"],
  ['a backslash that stands alone', '11.15 a\\'],
  ['JSON that is no UTF-8', '{ "11.15": ["caf\xe9"] }'],
  ['a name that is no base64', '{ "11.15": [{ "b64": "caf?" }] }'],
  ['a path that leads out', '11.15 d/../../x'],
])('refuses %s', (_, text) => {
  expect(() => read(text)).toThrow(expect.objectContaining({ code: 'bad-map' }));
});

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { type TempDir, tempDir } from '../support/temp-dir.js';

// How src/load-bundle.ts reads it, in a process without jest's own flags: they would count as another engine.
const TAKES = `
  const { readFileSync } = require('node:fs');
  const [file, parsed] = process.argv.slice(1);
  const script = new (require('node:vm').Script)(readFileSync(file, 'latin1'), { filename: file, cachedData: readFileSync(parsed) });
  process.stdout.write(String(!script.cachedDataRejected));
`;

const text = readdirSync('dist').find((name) => /^run-line-\w+\.cjs$/.test(name)) ?? '';
const file = join('dist', text);
const parsed = `${file}.${process.versions.v8}-${process.arch}`;
const directory: TempDir = tempDir('parsed');

afterAll(() => directory.dispose());

function takes(script: string, cached: string): string {
  const env = { ...process.env, NODE_OPTIONS: '' };
  return spawnSync(process.execPath, ['-e', TAKES, script, cached], { env }).stdout.toString();
}

test('the program is one text with what the engine made of it, for the engine that built it', () => {
  expect(existsSync(file)).toBe(true);
  // Built by another release of Node there is none, and the text is parsed.
  if (existsSync(parsed)) expect(takes(file, parsed)).toBe('true');
});

test('what an engine made of another text is not taken', () => {
  if (!existsSync(parsed)) return;
  const other = join(directory.path, 'other.cjs');
  copyFileSync(file, other);
  writeFileSync(other, ' ', { flag: 'a' });
  expect(takes(other, parsed)).toBe('false');
});

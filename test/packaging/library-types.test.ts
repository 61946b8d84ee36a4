import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { command } from '../support/command.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';

// What somebody writes who has read the README alone.
const program = `
import { apply, bytesFromText, maintain, plan, Problem, resolveTarget, type ScanResult, scan } from 'plinkctl';

const union = resolveTarget({ upper: bytesFromText('/u'), lowers: [bytesFromText('/l')], work: bytesFromText('/w') });
const seen: ScanResult = await maintain(union, { command: 'builder' }, async () => {
  const found = await scan(union, { threads: 1 });
  const outcome = await apply(plan(found, 'flush'));
  const restored: number = outcome.linksRestored;
  if (restored === 0) throw new Problem('operational', 'nothing', 'nothing was restored');
  return found;
});
const states: string[] = seen.entries.map(({ state }) => state);
states.push('');
// @ts-expect-error: a name is bytes, and no text
resolveTarget({ upper: '/u' });
// @ts-expect-error: no such goal
plan(seen, 'prune');
`;

let directory: TempDir;

beforeAll(() => {
  directory = tempDir('types');
  const home = join(directory.path, 'node_modules/plinkctl');
  mkdirSync(home, { recursive: true });
  const packed = command('npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', directory.path);
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  command('tar', '-xzf', join(directory.path, filename), '-C', home, '--strip-components=1');
  writeFileSync(join(directory.path, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(directory.path, 'use.ts'), program);
});

afterAll(() => directory.dispose());

test.each([
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
])(
  'the packed declarations pass a strict compiler, module %s resolved as %s',
  (module, moduleResolution) => {
    const compilerOptions = {
      ...{ noEmit: true, strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
      ...{ target: 'es2022', lib: ['es2022'], module, moduleResolution, types: ['node'], skipLibCheck: true },
      typeRoots: [resolve('node_modules/@types')],
    };
    writeFileSync(
      join(directory.path, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['use.ts'] }),
    );
    const { status, stdout } = spawnSync(
      process.execPath,
      ['node_modules/typescript/bin/tsc', '-p', directory.path],
      { encoding: 'utf8' },
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  },
  60_000,
);

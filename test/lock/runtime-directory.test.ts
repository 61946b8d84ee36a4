import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type OwnerRecord, readOwnerRecord, writeOwnerRecord } from '../../src/lock/owner-record.js';
import { ownIdentity } from '../../src/lock/process-identity.js';
import { type RuntimeDirectory, runtimeDirectory } from '../../src/lock/runtime-directory.js';
import { describeKernel } from '../support/needs.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';

let temp: TempDir;
let path: string;

beforeEach(() => {
  temp = tempDir('runtime');
  path = join(temp.path, 'run');
});
afterEach(() => temp.dispose());

describe('runtimeDirectory', () => {
  test('is made private, and found again', async () => {
    expect(await runtimeDirectory(path)).toMatchObject({ path });
    expect(statSync(path).mode & 0o7777).toBe(0o700);
    expect(await runtimeDirectory(path)).toMatchObject({ path });
  });

  test.each([0o755, 0o770, 0o701])('is not one that others may enter (%i)', async (mode) => {
    mkdirSync(path);
    chmodSync(path, mode);
    expect(await runtimeDirectory(path)).toBeUndefined();
  });

  test('is not a symlink, a file, or below nothing', async () => {
    mkdirSync(join(temp.path, 'private'), { mode: 0o700 });
    symlinkSync('private', path);
    expect(await runtimeDirectory(path)).toBeUndefined();
    writeFileSync(join(temp.path, 'file'), '', { mode: 0o600 });
    expect(await runtimeDirectory(join(temp.path, 'file'))).toBeUndefined();
    expect(await runtimeDirectory(join(temp.path, 'none/run'))).toBeUndefined();
  });
});

describeKernel('runtimeDirectory, as root', ['root'], () => {
  test('is not somebody else’s', async () => {
    mkdirSync(path, { mode: 0o700 });
    chownSync(path, 1234, 1234);
    expect(await runtimeDirectory(path)).toBeUndefined();
  });
});

describe('an owner record', () => {
  const record: OwnerRecord = {
    ...ownIdentity(),
    nonce: '1',
    command: 'flush',
    argv: ['plinkctl', 'flush', 'ü\n'],
    since: '2026-01-02T03:04:05.678Z',
    targets: ['/a'],
    admitsChildren: false,
  };
  let runtime: RuntimeDirectory;
  let file: string;

  beforeEach(async () => {
    runtime = (await runtimeDirectory(path)) as RuntimeDirectory;
    file = join(path, 'record.json');
  });

  test('is read as it was written, and is for its owner alone', () => {
    writeOwnerRecord(runtime, file, record);
    expect(readOwnerRecord(runtime, file)).toEqual(record);
    expect(statSync(file).mode & 0o7777).toBe(0o600);
    writeOwnerRecord(runtime, file, { ...record, nonce: '2' });
    expect(readOwnerRecord(runtime, file)?.nonce).toBe('2');
  });

  test('is not written through a symlink', () => {
    const victim = join(temp.path, 'victim');
    writeFileSync(victim, 'precious');
    symlinkSync(victim, file);
    symlinkSync(victim, `${file}.new`);
    writeOwnerRecord(runtime, file, record);
    expect(readOwnerRecord(runtime, file)).toEqual(record);
    expect(readFileSync(victim, 'utf8')).toBe('precious');
  });

  test.each(Object.keys(record) as (keyof OwnerRecord)[])('without its %s is none', (key) => {
    const { [key]: _, ...rest } = record;
    writeFileSync(file, JSON.stringify(rest));
    expect(readOwnerRecord(runtime, file)).toBeUndefined();
  });
});

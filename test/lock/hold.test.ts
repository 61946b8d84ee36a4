import { closeSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Companions } from '../../src/lock/companions.js';
import { type HoldContext, isBusy, tryHold } from '../../src/lock/hold.js';
import { tryHoldUnion } from '../../src/lock/hold-union.js';
import { closeLockObjects, type LockObject, openLockObjects } from '../../src/lock/lock-object.js';
import type { OwnerRecord } from '../../src/lock/owner-record.js';
import { ownIdentity } from '../../src/lock/process-identity.js';
import { processStat } from '../../src/lock/process-stat.js';
import { type RuntimeDirectory, runtimeDirectory } from '../../src/lock/runtime-directory.js';
import { tryLock } from '../../src/sys/lock.js';
import { interpose } from '../../src/sys/seam.js';
import type { OverlayUnion } from '../../src/union/union.js';
import { overlayPlace, overlayUnion } from '../support/overlay-place.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';

let temp: TempDir;
let index: string;
let union: OverlayUnion;
let runtime: RuntimeDirectory;
let objects: readonly LockObject[];
let object: LockObject;
let companions: Companions;

beforeEach(async () => {
  temp = tempDir('hold');
  const place = overlayPlace(temp.path);
  index = join(place.work, 'index');
  mkdirSync(index);
  union = overlayUnion(place);
  runtime = (await runtimeDirectory(join(temp.path, 'run'))) as RuntimeDirectory;
  objects = openLockObjects(union);
  object = objects[0] as LockObject;
  companions = new Companions(runtime, object);
});

afterEach(() => {
  interpose(undefined);
  closeLockObjects(objects);
  temp.dispose();
});

const record = (nonce: string, of: Partial<OwnerRecord> = {}): OwnerRecord => ({
  ...ownIdentity(),
  nonce,
  command: 'test',
  argv: [],
  since: '',
  targets: [],
  admitsChildren: true,
  ...of,
});

/** The record of a holder whose child this process is. */
const ofParent = (nonce: string): OwnerRecord =>
  record(nonce, { pid: process.ppid, startTime: processStat(process.ppid)?.startTime ?? '' });

const context = (): HoldContext => ({
  runtime,
  takeVisibleLock: undefined,
  record: record('mine'),
  note: (text) => {
    throw new Error(text);
  },
});

/** Runs `action` right after the n-th flock(2) from here on, before its caller sees the result. */
function afterFlock(n: number, action: () => void): void {
  let calls = 0;
  interpose((call, proceed) => {
    const result = proceed();
    if (call.name === 'flock') {
      calls += 1;
      if (calls === n) action();
    }
    return result;
  });
}

describe('a child that has just taken its level', () => {
  let held: number;

  beforeEach(() => {
    held = openSync(index, 'r');
    expect(tryLock(held)).toBe(true);
    companions.writeRecord(0, ofParent('first'));
    companions.make(1);
  });
  afterEach(() => closeSync(held));

  test('is in, if its ancestor still holds', () => {
    const hold = tryHold(object, context());
    expect(hold).toMatchObject({ level: 1 });
    if (!isBusy(hold)) hold.release();
    expect(readdirSync(runtime.path)).toEqual([`${object.id}.children`, `${object.id}.json`]);
  });

  test('gives it back if another holder has come meanwhile, though it be of the same process', () => {
    afterFlock(2, () => companions.writeRecord(0, ofParent('second')));
    expect(isBusy(tryHold(object, context()))).toBe(true);
    interpose(undefined);
    expect(companions.takenBelow(0)).toBeUndefined();
  });

  test('gives it back if the holder has left meanwhile, and the file it locked with him', () => {
    afterFlock(2, () => {
      companions.removeRecord(0);
      rmSync(companions.lockPath(1));
    });
    expect(isBusy(tryHold(object, context()))).toBe(true);
    expect(readdirSync(runtime.path)).toEqual([]);
  });
});

describe('a holder that has just taken the lock', () => {
  test('gives it back while a child of the one before is at work, and leaves no record', () => {
    companions.make(1);
    const child = openSync(companions.lockPath(1), 'r+');
    expect(tryLock(child)).toBe(true);
    expect(tryHold(object, context())).toEqual({ object, level: 1 });
    expect(companions.readRecord(0)).toBeUndefined();
    expect(tryLock(object.fd)).toBe(true);
    closeSync(child);
  });
});

describe('an index that is replaced while it is being locked', () => {
  const replace = () => {
    renameSync(index, `${index}.old`);
    mkdirSync(index);
  };

  test('is locked anew', () => {
    afterFlock(1, replace);
    const held = tryHoldUnion(union, context());
    interpose(undefined);
    expect(isBusy(held)).toBe(false);
    const fd = openSync(index, 'r');
    expect(tryLock(fd)).toBe(false);
    // What was there before is nobody's.
    expect(tryLock(object.fd)).toBe(true);
    if (!isBusy(held)) held.release();
    expect(tryLock(fd)).toBe(true);
    closeSync(fd);
    expect(statSync(index).ino).not.toBe(Number(object.ino));
  });

  test('is given up if that does not end', () => {
    interpose((call, proceed) => {
      const result = proceed();
      if (call.name === 'flock') {
        rmSync(`${index}.old`, { recursive: true, force: true });
        replace();
      }
      return result;
    });
    expect(isBusy(tryHoldUnion(union, context()))).toBe(true);
  });
});

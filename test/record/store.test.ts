import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { whileAlone } from '../../src/record/store.js';
import { bytesFromText } from '../../src/sys/bytes.js';
import { tryLock } from '../../src/sys/lock.js';
import { close, openDirectory } from '../../src/sys/open.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';
import { snapshot } from '../support/tree.js';
import { expectSameTree } from '../support/tree-diff.js';

let home: TempDir;
beforeEach(() => {
  home = tempDir('store');
});
afterEach(() => home.dispose());

test('a stop ends the wait for another process that records, with its reason', async () => {
  const path = join(home.path, 'state');
  const directory = bytesFromText(path);
  const never = new AbortController();
  await whileAlone(directory, never.signal, async () => undefined);
  const before = snapshot(path);
  const other = openDirectory(directory);
  try {
    expect(tryLock(other)).toBe(true);
    const stop = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => stop.abort(reason), 100);
    const started = performance.now();
    let ran = false;
    const waiting = whileAlone(directory, stop.signal, async () => {
      ran = true;
    });
    await expect(waiting).rejects.toBe(reason);
    expect(performance.now() - started).toBeLessThan(5000);
    expect(ran).toBe(false);
  } finally {
    close(other);
  }
  expectSameTree(before, snapshot(path), { ignore: ['atime'] });
});

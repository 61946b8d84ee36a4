import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { dropLease, holdsLease, nobodyHasOpen, takeLease } from '../../src/sys/lock.js';
import { interpose } from '../../src/sys/seam.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';

describe('a lease', () => {
  let place: TempDir;
  let file: string;
  let fd: number;
  beforeEach(() => {
    place = tempDir('lease');
    file = join(place.path, 'file');
    writeFileSync(file, 'data');
    fd = openSync(file, 'r+');
  });
  afterEach(() => {
    interpose(undefined);
    closeSync(fd);
    place.dispose();
  });

  /** Another process that opens the file, and does not wait for it. */
  const openElsewhere = (): number | null =>
    spawnSync('dd', [`if=${file}`, 'of=/dev/null', 'iflag=nonblock', 'status=none'], { stdio: 'ignore' })
      .status;

  test('is not to be had of a file that somebody has open', () => {
    const other = openSync(file, 'r');
    try {
      expect([takeLease(fd), nobodyHasOpen(fd)]).toEqual([false, false]);
    } finally {
      closeSync(other);
    }
    expect(nobodyHasOpen(fd)).toBe(true);
  });

  test('tells that somebody waits for the file, and lets him have it', () => {
    expect(takeLease(fd)).toBe(true);
    expect(holdsLease(fd)).toBe(true);
    expect(openElsewhere()).not.toBe(0);
    expect(holdsLease(fd)).toBe(false);
    dropLease(fd);
    expect(openElsewhere()).toBe(0);
  });

  // The signal that says so ends a process that has not chosen another one than SIGIO.
  test('that somebody breaks between its two calls ends nothing', () => {
    let opened: number | null | undefined;
    let calls = 0;
    interpose(({ name }, proceed) => {
      const result = proceed();
      if (name === 'fcntl' && ++calls === 2) opened = openElsewhere();
      return result;
    });
    expect(nobodyHasOpen(fd)).toBe(true);
    expect(opened).toBeGreaterThan(0);
  });
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readInput } from '../src/read-input.js';
import { bytesFromText } from '../src/sys/bytes.js';
import { runMain } from './support/run-main.js';
import { tempDir } from './support/temp-dir.js';

test('a file is read byte by byte, and one that cannot be is named', () => {
  const place = tempDir('input');
  try {
    const file = join(place.path, 'file');
    const bytes = Buffer.alloc(200_000, Buffer.from([0, 0xff, 10, 0x80, 0xc3]));
    writeFileSync(file, bytes);
    expect(Buffer.from(readInput(bytesFromText(file)), 'latin1')).toEqual(bytes);
    for (const [path, code] of [
      [place.path, 'EISDIR'],
      [join(place.path, 'none'), 'ENOENT'],
    ] as const) {
      expect(() => readInput(bytesFromText(path))).toThrow(
        expect.objectContaining({ code, path: Buffer.from(path) }),
      );
    }
  } finally {
    place.dispose();
  }
});

test.each([
  [['list', '--all', '--config', '/dev/zero']],
  [['list', '--fstab=/dev/zero', '/mnt']],
  [['repair', '--map', '/dev/zero', '--format', 'aufs', '--upper', '/usr', '--lower', '/tmp']],
])('what has no end is refused: %j', async (argv) => {
  const { code, err } = await runMain(...argv);
  expect(code).toBe(16);
  expect(err).toBe('plinkctl: /dev/zero: has more than 128 MiB: it is no file of this kind\n');
});

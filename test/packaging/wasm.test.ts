import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { command } from '../support/command.js';
import { tempDir } from '../support/temp-dir.js';

const written = 'src/scan/ext4/directory-reader-wasm.ts';

test('what is compiled to WebAssembly is what its source says (npm run wasm writes it)', () => {
  const directory = tempDir('wasm');
  try {
    command(process.execPath, 'scripts/compile-wasm.mjs', directory.path);
    expect(readFileSync(join(directory.path, written), 'utf8')).toBe(readFileSync(written, 'utf8'));
  } finally {
    directory.dispose();
  }
});

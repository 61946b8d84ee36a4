// node scripts/compile-wasm.mjs [DIR]: compiles what is written in AssemblyScript, in place or below DIR. What comes out is
// kept beside the sources, so that tests and the build need no compiler; a test compares the two.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const target = resolve(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)));
process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const source = 'src/scan/ext4/wasm/directory-reader.ts';
const written = 'src/scan/ext4/directory-reader-wasm.ts';

let binary;
const { error, stderr } = await asc.main(
  [
    source,
    '-o',
    'module.wasm',
    '-O3',
    '--runtime',
    'stub',
    '--importMemory',
    '--noAssert',
    '--enable',
    'bulk-memory',
  ],
  {
    writeFile(_, contents) {
      binary = contents;
    },
  },
);
if (error !== null || binary === undefined) {
  process.stderr.write(stderr.toString());
  process.exit(1);
}
const base64 = Buffer.from(binary).toString('base64');
const text = `// Made of wasm/directory-reader.ts by \`npm run wasm\`.

/** WebAssembly, in base64. */
export const directoryReaderWasm =
  '${base64}';
`;
mkdirSync(dirname(join(target, written)), { recursive: true });
writeFileSync(join(target, written), text);

// node packaging/generate.mjs [DIR]: writes the manual's option lists and the completions from the command table, in place
// or below DIR.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const target = resolve(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)));
process.chdir(fileURLToPath(new URL('..', import.meta.url)));

// Below node_modules, so that what stays external is found.
const bundle = 'node_modules/.cache/plinkctl/generated-files.mjs';
await build({
  entryPoints: ['packaging/generate/generated-files.ts'],
  outfile: bundle,
  bundle: true,
  format: 'esm',
  platform: 'node',
  packages: 'external',
  // A module has no require() of its own, by which koffi is loaded.
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
const { generatedFiles } = await import(pathToFileURL(bundle).href);
for (const [path, text] of generatedFiles((file) => readFileSync(file, 'utf8'))) {
  mkdirSync(dirname(join(target, path)), { recursive: true });
  writeFileSync(join(target, path), text);
}

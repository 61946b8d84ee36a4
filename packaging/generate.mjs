// node packaging/generate.mjs: writes the manual's option lists and the completions from the command table.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

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
  logLevel: 'warning',
});
const { generatedFiles } = await import(pathToFileURL(bundle).href);
for (const [path, text] of generatedFiles((file) => readFileSync(file, 'utf8'))) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

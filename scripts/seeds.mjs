// Builds the program of long random runs and starts it: npm run seeds -- --count 10000
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
// Below the modules, so that koffi is found from there.
const outdir = `${root}node_modules/.cache/plinkctl-seeds`;
await build({
  absWorkingDir: root,
  entryPoints: { 'seeds/main': 'test/seeds/main.ts', 'seeds/worker': 'test/seeds/worker-main.ts' },
  outdir,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  external: ['koffi', 'expect'],
  alias: { '@jest/globals': `${root}test/seeds/jest-globals.ts` },
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
// The program reads its version from the directory above its own.
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
writeFileSync(`${outdir}/package.json`, JSON.stringify({ version, type: 'module' }));
const child = spawn(process.execPath, [`${outdir}/seeds/main.js`, ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
child.once('close', (status) => {
  process.exitCode = status ?? 1;
});

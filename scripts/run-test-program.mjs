// Builds a test that is a program of its own and starts it: npm run seeds -- --count 10000, npm run load
//   run-test-program.mjs NAME [WORDS]   test/NAME/main.ts, and its worker-main.ts if there is one
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
// Below the modules, so that koffi is found from there.
const [name, ...words] = process.argv.slice(2);
const outdir = `${root}node_modules/.cache/plinkctl-${name}`;
const sources = readdirSync(`${root}test/${name}`).filter((file) => /^(worker-)?main\.ts$/.test(file));
await build({
  absWorkingDir: root,
  entryPoints: sources.map((file) => ({
    in: `test/${name}/${file}`,
    out: `${name}/${file.replace('.ts', '')}`,
  })),
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
const child = spawn(process.execPath, [`${outdir}/${name}/main.js`, ...words], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, PLINKCTL_CHECKOUT: root },
});
child.once('close', (status) => {
  process.exitCode = status ?? 1;
});

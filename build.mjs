// node build.mjs [--no-types] [--bench] [--optional]
//   --no-types   the bundle alone, without the declarations of the library
//   --bench      the benchmarks too
//   --optional   for `npm install --omit=dev`: without esbuild, leave what is there and succeed
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('.', import.meta.url)));
const flags = new Set(process.argv.slice(2));

const esbuild = await loadEsbuild();
if (esbuild !== undefined) {
  const entryPoints = {
    main: 'src/main.ts',
    'walk-worker': 'src/scan/walk/walk-worker.ts',
    index: 'src/index.ts',
    ...(flags.has('--bench') ? { 'bench/run': 'bench/run.ts' } : {}),
  };
  rmSync('dist', { recursive: true, force: true });
  for (const [name, source] of Object.entries(entryPoints)) {
    if (!existsSync(source)) continue;
    await esbuild.build({
      // One build each: entry points that share code would share it in a dozen files, and a file more costs every
      // start 0.8 ms.
      entryPoints: { [name]: source },
      outdir: 'dist',
      bundle: true,
      // Splitting keeps what is loaded by `await import()` out of the start-up path.
      splitting: true,
      chunkNames: 'chunks/[name]-[hash]',
      format: 'esm',
      platform: 'node',
      target: 'node20.19',
      // koffi finds its prebuilt library beside its own files.
      external: ['koffi'],
      // The CommonJS dependencies (graceful-fs, signal-exit) call require() for Node's own modules.
      banner: {
        js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
      },
      sourcemap: 'linked',
      sourcesContent: false,
      logLevel: 'warning',
    });
  }
  if (!flags.has('--no-types') && existsSync('src/index.ts')) emitTypes();
}

async function loadEsbuild() {
  try {
    return await import('esbuild');
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    console.error('build: esbuild is not installed; run npm ci (with development dependencies) first');
    if (!flags.has('--optional')) process.exitCode = 1;
    return undefined;
  }
}

function emitTypes() {
  const tsc = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.types.json'], {
    stdio: 'inherit',
  });
  if (tsc.status !== 0) process.exitCode = 1;
}

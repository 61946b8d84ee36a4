// node build.mjs [--no-types] [--bench] [--optional]
//   --no-types   the bundle alone, without the declarations of the library
//   --bench      the benchmarks too
//   --optional   for `npm install --omit=dev`: without esbuild, leave what is there and succeed
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';

process.chdir(fileURLToPath(new URL('.', import.meta.url)));
const flags = new Set(process.argv.slice(2));

/** What is loaded only when it is needed, each into a file of its own. */
const LAZY = ['yargs', 'chalk', 'ora', 'yaml', 'fs-extra', 'proper-lockfile'];

/** Lets an entry point be a package, with all its names. */
const lazyEntries = {
  name: 'lazy-entries',
  setup(build) {
    build.onResolve({ filter: /^lazy:/ }, ({ path }) => ({
      path: path.slice('lazy:'.length),
      namespace: 'lazy',
    }));
    build.onLoad({ filter: /.*/, namespace: 'lazy' }, async ({ path }) => {
      const { default: whole, ...named } = await import(path);
      const names = Object.keys(named).filter((name) => name !== 'module.exports');
      const lines = [`import * as all from '${path}';`];
      if (whole !== undefined) lines.push(`import whole from '${path}';`, 'export default whole;');
      if (names.length > 0) lines.push(`export const { ${names.join(', ')} } = all;`);
      return { contents: lines.join('\n'), resolveDir: process.cwd() };
    });
  },
};

/** Leaves `await import()` of a package to the file that it has. */
const lazyImports = {
  name: 'lazy-imports',
  setup(build) {
    build.onResolve({ filter: /^[a-z]/ }, ({ path, kind }) =>
      kind === 'dynamic-import' && LAZY.includes(path)
        ? { path: `./chunks/${path}.js`, external: true }
        : undefined,
    );
  },
};

/** What a script has in place of `import.meta.url`. */
const FILE_URL = "const __url = require('node:url').pathToFileURL(__filename).href;";

/** Release of the package whose native part src/sys/load-koffi.ts takes. */
const KOFFI_VERSION = JSON.stringify(JSON.parse(readFileSync('package.json', 'utf8')).dependencies.koffi);

/** A script, for what starts must be cheap: Node's loader of modules takes 8 ms to get ready. */
const scriptOptions = {
  outdir: 'dist',
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20.19',
  external: ['koffi'],
  define: { 'import.meta.url': '__url', KOFFI_VERSION },
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
};

const esbuild = await loadEsbuild();
if (esbuild !== undefined) {
  for (const name of existsSync('dist') ? readdirSync('dist') : []) {
    // `npm pack` runs prepare after prepack: what that made of the types must be there to be packed.
    if (name !== 'types' || !flags.has('--no-types')) rmSync(`dist/${name}`, { recursive: true });
  }
  await bundleProgram();
  await esbuild.build({
    ...scriptOptions,
    entryPoints: {
      'walk-worker': 'src/scan/walk/walk-worker.ts',
      'ext4-worker': 'src/scan/ext4/ext4-worker.ts',
    },
    outExtension: { '.js': '.cjs' },
    banner: { js: FILE_URL },
  });
  const entryPoints = {
    index: 'src/index.ts',
    ...(flags.has('--bench') ? { 'bench/run': 'bench/run.ts' } : {}),
  };
  // One build each: entry points that share code would share it in a dozen files, and a file more costs every
  // start 0.8 ms.
  for (const [name, source] of Object.entries(entryPoints)) {
    if (existsSync(source)) await bundleModule({ entryPoints: { [name]: source } });
  }
  if (!flags.has('--no-types') && existsSync('src/index.ts')) emitTypes();
}

function bundleModule(options) {
  return esbuild.build({
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
    define: { KOFFI_VERSION },
    // The CommonJS dependencies (graceful-fs, signal-exit) call require() for Node's own modules.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'warning',
    ...options,
  });
}

/** The command line: a small script to begin with, one script, and what V8 made of the script's text. */
async function bundleProgram() {
  await bundleModule({
    entryPoints: Object.fromEntries(LAZY.map((name) => [`chunks/${name}`, `lazy:${name}`])),
    plugins: [lazyEntries],
  });
  const { outputFiles } = await esbuild.build({
    ...scriptOptions,
    entryPoints: { 'run-line': 'src/cli/run-line.ts' },
    // By its name the text tells which parsed form belongs to it.
    entryNames: '[name]-[hash]',
    outExtension: { '.js': '.cjs' },
    banner: { js: `(function (exports, require, module, __filename, __dirname, __import) { ${FILE_URL}` },
    footer: { js: '})' },
    plugins: [lazyImports],
    write: false,
  });
  for (const { path, text } of outputFiles)
    writeFileSync(path, path.endsWith('.cjs') ? withOwnImport(inAscii(text)) : text);
  const script = outputFiles.find(({ path }) => path.endsWith('.cjs')).path;
  await keepParsed(script);
  await esbuild.build({
    ...scriptOptions,
    entryPoints: { main: 'src/main.ts' },
    outExtension: { '.js': '.cjs' },
    banner: { js: FILE_URL },
    define: { ...scriptOptions.define, BUNDLE: JSON.stringify(`./${basename(script)}`) },
    plugins: [
      {
        name: 'script',
        setup: (build) =>
          build.onResolve({ filter: /^\.\/cli\/run-line\.js$/ }, () => ({
            path: resolve('src/load-bundle.ts'),
          })),
      },
    ],
  });
}

// A text of ASCII alone takes half the memory and is read twice as fast. esbuild escapes all but template literals.
function inAscii(text) {
  return text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function withOwnImport(text) {
  return text.replaceAll('import("./chunks/', '__import("./chunks/');
}

/** Writes what V8 made of a script down, for starts with the same release of Node; see src/load-bundle.ts. */
async function keepParsed(file) {
  const scene = mkdtempSync(`${tmpdir()}/plinkctl-build-`);
  try {
    const script = new vm.Script(readFileSync(file, 'latin1'), { filename: file });
    const module = { exports: {} };
    const load = (path) => import(path);
    script.runInThisContext()(module.exports, createRequire(file), module, file, dirname(file), load);
    // What every line needs, and every walk, is parsed whole when it has run once.
    const silent = { out() {}, err() {}, env: {}, columns: 80 };
    const [upper, lower, index] = ['upper', 'lower', 'work/index'].map((name) => `${scene}/${name}`);
    for (const path of [`${upper}/a/b`, `${lower}/a/b/c`, `${lower}/d`, index, `${scene}/work/work`])
      mkdirSync(path, { recursive: true });
    writeFileSync(`${lower}/a/b/file`, '');
    writeFileSync(`${upper}/a/b/file`, '');
    linkSync(`${upper}/a/b/file`, `${index}/00fb1d0001${'00'.repeat(24)}`);
    const words = ['list', '--upper', upper, '--lower', lower, '--work', dirname(index)];
    await module.exports.runLine('plinkctl', words, '0', silent);
    writeFileSync(`${file}.${process.versions.v8}-${process.arch}`, script.createCachedData());
  } catch (error) {
    // It starts without, 20 ms later.
    console.error(`build: no parsed form was kept: ${error.message}`);
  } finally {
    rmSync(scene, { recursive: true });
  }
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

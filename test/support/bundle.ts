import { createRequire } from 'node:module';
import { build } from 'esbuild';

/** Makes a program of its own out of a test's source file: jest's own process cannot be killed. */
export async function bundle(entry: string, outfile: string): Promise<void> {
  const koffi = createRequire(import.meta.url).resolve('koffi');
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    plugins: [
      {
        // The bundle lies where no node_modules is above it.
        name: 'koffi',
        setup: (build) => {
          build.onResolve({ filter: /^koffi$/ }, () => ({ path: koffi, external: true }));
          build.onLoad({ filter: /\/load-koffi\.ts$/ }, () => ({
            contents: "import koffi from 'koffi'; export const loadKoffi = () => koffi;",
          }));
        },
      },
    ],
    logLevel: 'error',
  });
}

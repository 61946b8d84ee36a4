import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type koffi from 'koffi';

/** What this program uses of koffi. */
export type Koffi = Pick<typeof koffi, 'load' | 'errno' | 'address'>;

/** Release of koffi that the program was built with; the build puts it here. */
declare const KOFFI_VERSION: string | undefined;

const MUSL: Readonly<Record<string, string>> = {
  x64: '/lib/ld-musl-x86_64.so.1',
  arm64: '/lib/ld-musl-aarch64.so.1',
};

/**
 * koffi, without its own loader where it is known what that would find: to search its places, to read Node's own file
 * for the C library, and to wrap what this program does not use takes 5 ms of every start.
 *
 * @param require - finds packages from here
 * @param version - what the program was built with; koffi's own loader finds it where this is not known
 */
export function loadKoffi(
  require: (name: string) => unknown = ownRequire(),
  version = typeof KOFFI_VERSION === 'undefined' ? undefined : KOFFI_VERSION,
  musl = MUSL[process.arch],
): Koffi {
  if (version !== undefined && musl !== undefined && !existsSync(musl)) {
    try {
      const { arch } = process;
      const name = `@koromix/koffi-linux-${arch}/linux_${arch}/koffi.node`;
      // To look for a package by its name costs another 0.3 ms.
      const beside = fileURLToPath(new URL(`../node_modules/${name}`, import.meta.url));
      const native = require(existsSync(beside) ? beside : name) as Koffi & Released;
      // The package may lie here for the sake of another program's koffi.
      if (native.version === version) return native;
    } catch {
      // Not where npm puts it: koffi's loader knows other places, and says what is wrong.
    }
  }
  return require('koffi') as Koffi;
}

interface Released {
  readonly version: string;
}

/** A script has one; to load what makes one for a module takes 0.3 ms. */
function ownRequire(): (name: string) => unknown {
  return typeof require === 'function'
    ? require
    : process.getBuiltinModule('node:module').createRequire(import.meta.url);
}

import { type FixedMemory, stayingMemory } from './libc.js';

/** Bytes by which WebAssembly counts memory. */
export const PAGE = 64 * 1024;

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** The part of the engine's own that is used here; neither Node's types nor ECMAScript's tell of it. */
interface Engine {
  readonly Memory: new (pages: { readonly initial: number; readonly maximum: number }) => Memory;
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
}

/** Memory of a WebAssembly module, which system calls may be given as well. */
export class ModuleMemory {
  readonly #memory: Memory;
  #fixed: FixedMemory;

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#fixed = stayingMemory(new Uint8Array(memory.buffer));
  }

  /** What a module imports. */
  get imported(): object {
    return this.#memory;
  }

  /** It as it is now: void when it grows. */
  get fixed(): FixedMemory {
    return this.#fixed;
  }

  /** Bytes. */
  get size(): number {
    return this.#fixed.bytes.length;
  }

  /** Grows to at least so many bytes; false where there is no memory for that. */
  growTo(bytes: number): boolean {
    const missing = Math.ceil((bytes - this.size) / PAGE);
    if (missing <= 0) return true;
    try {
      this.#memory.grow(missing);
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
    this.#fixed = stayingMemory(new Uint8Array(this.#memory.buffer));
    return true;
  }
}

/**
 * Makes a module run.
 *
 * @param code - in base64
 * @param most - bytes to which its memory may grow; 10 GiB of addresses are taken for any, which a limit may forbid
 * @param imports - makes what it is given beside its memory, as `env`
 * @returns undefined where there is no WebAssembly (`node --jitless`), or no memory for it
 */
export function instantiate<Exports extends object>(
  code: string,
  most: number,
  imports: (memory: ModuleMemory) => Readonly<Record<string, (...numbers: never[]) => unknown>>,
): { readonly exports: Exports; readonly memory: ModuleMemory } | undefined {
  const engine = (globalThis as { readonly WebAssembly?: Engine }).WebAssembly;
  if (engine === undefined) return undefined;
  try {
    const memory = new ModuleMemory(new engine.Memory({ initial: 1, maximum: Math.ceil(most / PAGE) }));
    const module = new engine.Module(Buffer.from(code, 'base64'));
    const { exports } = new engine.Instance(module, {
      env: { ...imports(memory), memory: memory.imported },
    });
    return { exports: exports as Exports, memory };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

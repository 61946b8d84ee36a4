import { afterEach, describe, expect, test } from '@jest/globals';
import { directoryReaderWasm } from '../../src/scan/ext4/directory-reader-wasm.js';
import { instantiate, type ModuleMemory, PAGE } from '../../src/sys/web-assembly.js';

const global = globalThis as { WebAssembly?: unknown };
const engine = global.WebAssembly as Record<string, unknown>;

const nothing = (): number => 0;
const make = (most = 4 * PAGE): { readonly memory: ModuleMemory } | undefined =>
  instantiate(directoryReaderWasm, most, () => ({ read: nothing, meet: nothing, grow: nothing }));

describe('a module of WebAssembly', () => {
  afterEach(() => {
    global.WebAssembly = engine;
  });

  test('its memory grows as far as it may, in one place for system calls', () => {
    const memory = make()?.memory as ModuleMemory;
    expect(memory.size).toBe(PAGE);
    memory.fixed.bytes[7] = 9;
    const { address } = memory.fixed;
    expect(memory.growTo(PAGE + 1)).toBe(true);
    expect(memory.size).toBe(2 * PAGE);
    expect(memory.fixed).toMatchObject({ address });
    expect(memory.fixed.bytes[7]).toBe(9);
    expect(memory.growTo(2 * PAGE)).toBe(true);
    expect(memory.growTo(4 * PAGE + 1)).toBe(false);
    expect(memory.size).toBe(2 * PAGE);
  });

  test('there is none where the engine has no WebAssembly', () => {
    global.WebAssembly = undefined;
    expect(make()).toBeUndefined();
  });

  test('there is none where addresses are limited', () => {
    const Memory = function limited(): never {
      throw new RangeError('could not allocate memory');
    };
    global.WebAssembly = { ...engine, Memory };
    expect(make()).toBeUndefined();
  });

  test('an error that is no want of memory is not hidden', () => {
    expect(() => instantiate('AAAA', PAGE, () => ({}))).toThrow();
  });
});

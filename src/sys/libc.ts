import { loadKoffi } from './load-koffi.js';

/** System call numbers where libc has no (or not everywhere a) symbol. arm64's are the generic table's. */
const numbers = {
  x64: { getdents64: 217, name_to_handle_at: 303, open_by_handle_at: 304, renameat2: 316, statx: 332 },
  generic: { getdents64: 61, name_to_handle_at: 264, open_by_handle_at: 265, renameat2: 276, statx: 291 },
} as const;

/** Numbers that are the same on every architecture (added after Linux 5.1). */
export const OPEN_TREE = 428;
export const OPENAT2 = 437;
export const FACCESSAT2 = 439;
export const SETXATTRAT = 463;
export const GETXATTRAT = 464;
export const REMOVEXATTRAT = 466;

export const SYS = (() => {
  if (process.arch === 'x64') return numbers.x64;
  if (process.arch === 'arm64' || process.arch === 'riscv64' || process.arch === 'loong64')
    return numbers.generic;
  throw new Error(
    `plinkctl does not know the system calls of ${process.arch} (it knows x64, arm64, riscv64, loong64)`,
  );
})();

const koffi = loadKoffi();

// The program itself: finds libc's symbols without naming glibc or musl.
const libc = koffi.load(null);

/** Where something is in memory; C's type for an argument that takes it is {@link ADDRESS}. */
export type Address = number | bigint;

/** Memory for system calls that may be passed by its address; it must live as long as its address is in use. */
export interface FixedMemory {
  readonly bytes: Uint8Array;
  readonly address: Address;
}

/**
 * Memory at an address that stays. To pass the address costs 0.1 microseconds less than to pass the buffer, which
 * koffi looks up at every call.
 *
 * @param size - bytes
 */
export function fixedMemory(size: number): FixedMemory {
  // An ArrayBuffer of its own: the engine keeps small typed arrays in its heap, where they are moved.
  return stayingMemory(new Uint8Array(new ArrayBuffer(size)));
}

/** The same of memory that is somebody's who does not move it. */
export function stayingMemory(bytes: Uint8Array): FixedMemory {
  const address = koffi.address(bytes);
  return { bytes, address: address <= Number.MAX_SAFE_INTEGER ? Number(address) : address };
}

/** A C type of an argument that takes {@link FixedMemory.address}. */
export const ADDRESS = 'int64_t';

/** The error of this thread's last call that failed. */
export function errno(): number {
  return koffi.errno();
}

/** What a C function returned, or `-errno` where it has failed: asked at once, before another call fails. */
export function orErrno(result: number): number {
  return result < 0 ? -koffi.errno() : result;
}

/** A C function as it is, with nothing around it: below 0 it has failed; {@link orErrno}. */
export type Native = (...args: readonly unknown[]) => number;

/** A libc function. The prototype is in C. */
export function native(prototype: string): Native {
  return whenCalled(() => nativeNow(prototype));
}

/** `syscall(2)` with a fixed prototype: number, then the given C types. */
export function syscall(...types: readonly string[]): Native {
  return whenCalled(() => syscallNow(...types));
}

/** As {@link native}, made at once and with nothing around it, which is 2 % of a walk. */
export function nativeNow(prototype: string): Native {
  return libc.func(prototype) as unknown as Native;
}

/** As {@link syscall}, made at once. */
export function syscallNow(...types: readonly string[]): Native {
  return libc.func('syscall', 'long', ['long', ...types]) as unknown as Native;
}

/** Most are never called, and koffi takes 10 microseconds for each. */
function whenCalled(make: () => unknown): Native {
  let call: Native | undefined;
  return (...args) => {
    call ??= make() as Native;
    return call(...args);
  };
}

/** The address of a buffer, for a structure that points to it; the caller keeps the buffer alive over the call. */
export function addressOf(buffer: Buffer): bigint {
  return koffi.address(buffer);
}

import type { Bytes } from './bytes.js';
import { BadArgument } from './check.js';
import { type Address, type FixedMemory, fixedMemory } from './libc.js';

const SIZE = 8192;

/**
 * A place for one path argument of a system call, NUL-terminated, used over and over: a buffer for each call costs as
 * much as a quick call itself. It holds the path from {@link PathArgument.put} to the next one, so it is to be filled
 * where the call is made, not before something that may make another.
 */
export class PathArgument {
  readonly #usual = fixedMemory(SIZE);
  #long: FixedMemory | undefined;
  #prefix = '';

  /**
   * @returns where the path is
   * @throws BadArgument for a NUL inside, at which the kernel would silently cut the path, and for a unit above 255,
   *   which is decoded text and not bytes
   */
  put(path: Bytes): Address {
    this.#prefix = '';
    return this.#write(this.#place(path.length), path, 0);
  }

  /** `prefix` and `name` in a row; the prefix is mostly the one of the call before, and written already. */
  putBelow(prefix: string, name: Bytes): Address {
    const place = this.#place(prefix.length + name.length);
    if (place !== this.#usual || this.#prefix !== prefix) {
      this.#prefix = '';
      this.#write(place, prefix, 0);
      if (place === this.#usual) this.#prefix = prefix;
    }
    return this.#write(place, name, prefix.length);
  }

  #place(length: number): FixedMemory {
    if (length < SIZE) return this.#usual;
    if (this.#long === undefined || this.#long.bytes.length <= length) this.#long = fixedMemory(length * 2);
    return this.#long;
  }

  #write({ bytes, address }: FixedMemory, text: string, from: number): Address {
    const { length } = text;
    for (let i = 0; i < length; i += 1) {
      const unit = text.charCodeAt(i);
      if (unit === 0) throw new BadArgument('NUL in a file name');
      if (unit > 255) throw new BadArgument('decoded text where bytes are needed');
      bytes[from + i] = unit;
    }
    bytes[from + length] = 0;
    return address;
  }
}

/** The one for calls that take a single path, or this one first. */
export const pathArgument = new PathArgument();

import type { Bytes } from './bytes.js';
import { BadArgument, cString } from './check.js';

const SIZE = 8192;

/**
 * A place for one path argument of a system call, NUL-terminated, used over and over: a buffer for each call costs as
 * much as a quick call itself. It holds the path from {@link PathArgument.put} to the next one, so it is to be filled
 * where the call is made, not before something that may make another.
 */
export class PathArgument {
  readonly #buffer = Buffer.alloc(SIZE);
  #prefix = '';

  /** @throws BadArgument as {@link cString} does */
  put(path: Bytes): Buffer {
    this.#prefix = '';
    return path.length < SIZE ? this.#write(path, 0) : cString(path);
  }

  /** `prefix` and `name` in a row; the prefix is mostly the one of the call before, and written already. */
  putBelow(prefix: string, name: Bytes): Buffer {
    if (prefix.length + name.length >= SIZE) return cString(`${prefix}${name}` as Bytes);
    if (this.#prefix !== prefix) this.#write(prefix, 0);
    this.#prefix = prefix;
    return this.#write(name, prefix.length);
  }

  #write(text: string, from: number): Buffer {
    const buffer = this.#buffer;
    const { length } = text;
    for (let i = 0; i < length; i += 1) {
      const unit = text.charCodeAt(i);
      if (unit === 0) throw new BadArgument('NUL in a file name');
      if (unit > 255) throw new BadArgument('decoded text where bytes are needed');
      buffer[from + i] = unit;
    }
    buffer[from + length] = 0;
    return buffer;
  }
}

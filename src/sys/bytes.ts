declare const brand: unique symbol;

/**
 * A file name or path as the kernel has it: one UTF-16 unit for each byte (latin1), so that any byte but NUL
 * survives, and names work as map keys. It is never text: `src/report` alone decodes and escapes it.
 */
export type Bytes = string & { readonly [brand]: 'bytes' };

/** The bytes of a buffer, one unit a byte. */
export function bytesOf(buffer: Uint8Array): Bytes {
  return Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength).toString('latin1') as Bytes;
}

/** The bytes of text that came from a terminal or a configuration file (UTF-8). */
export function bytesFromText(text: string): Bytes {
  return Buffer.from(text, 'utf8').toString('latin1') as Bytes;
}

/** ASCII literals of this program's own, such as `work` or `index`. */
export function ascii(literal: string): Bytes {
  return literal as Bytes;
}

/** The raw buffer behind a byte string. */
export function toBuffer(bytes: Bytes): Buffer {
  return Buffer.from(bytes, 'latin1');
}

/** `dir/name`; an empty `dir` is the root of the tree at hand and gives `name` alone. */
export function joinBytes(dir: Bytes, name: Bytes): Bytes {
  return (dir === '' ? name : dir.endsWith('/') ? `${dir}${name}` : `${dir}/${name}`) as Bytes;
}

/** The part before the last slash; `''` for a name without one. */
export function parentOf(path: Bytes): Bytes {
  const slash = path.lastIndexOf('/');
  return (slash <= 0 ? '' : path.slice(0, slash)) as Bytes;
}

/** The part after the last slash. */
export function baseOf(path: Bytes): Bytes {
  return path.slice(path.lastIndexOf('/') + 1) as Bytes;
}

/** The components of a relative path; `''` has none. */
export function componentsOf(path: Bytes): Bytes[] {
  return path.split('/').filter((part) => part !== '') as Bytes[];
}

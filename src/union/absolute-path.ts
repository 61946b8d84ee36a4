import { readlinkSync, realpathSync } from 'node:fs';
import { type Bytes, bytesOf, componentsOf, toBuffer } from '../sys/bytes.js';

/** The path from `/`; a relative one starts at the working directory. */
export function absolutePath(path: Bytes): Bytes {
  if (path.startsWith('/')) return path;
  // process.cwd() is decoded text, in which a byte that is no UTF-8 is lost.
  const cwd = bytesOf(readlinkSync('/proc/self/cwd', 'buffer'));
  return `${cwd}/${path}` as Bytes;
}

/** The absolute path without symlinks, `.` and `..`; by its text alone where it does not lead anywhere. */
export function canonicalPath(path: Bytes): Bytes {
  const absolute = absolutePath(path);
  // realpath(3) reads that link as `/` and would lead back into this mount namespace.
  const through = /^\/proc\/\d+\/root(?=\/|$)/.exec(absolute);
  if (through !== null)
    return `${through[0]}${normalise(absolute.slice(through[0].length) as Bytes)}` as Bytes;
  try {
    return bytesOf(realpathSync.native(toBuffer(absolute), 'buffer'));
  } catch {
    return normalise(absolute);
  }
}

function normalise(path: Bytes): Bytes {
  const parts: Bytes[] = [];
  for (const part of componentsOf(path)) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}` as Bytes;
}

import { realpathSync } from 'node:fs';
import { type Bytes, bytesOf, componentsOf, joinBytes, toBuffer } from '../sys/bytes.js';
import { workingDirectory } from './working-directory.js';

/**
 * The path from `/`; a relative one starts at the working directory.
 *
 * @throws Problem operational `no-working-directory` where that was removed
 */
export function absolutePath(path: Bytes): Bytes {
  return path.startsWith('/') ? path : joinBytes(workingDirectory(path), path);
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

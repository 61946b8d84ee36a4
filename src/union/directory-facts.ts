import { type Bytes, joinBytes } from '../sys/bytes.js';
import { O_DIRECTORY, O_PATH, openTrusted, withFd } from '../sys/open.js';
import { type Stat, stat } from '../sys/stat.js';

/** What is known of a directory that a mount table names; undefined where it is out of reach, or none. */
export function directoryFacts(path: Bytes): Stat | undefined {
  try {
    return withFd(openTrusted(path, O_PATH | O_DIRECTORY), (fd) => stat(fd, '' as Bytes));
  } catch {
    return undefined;
  }
}

/** Whether a directory may be one that was named from where nobody knows: its path ends like it. */
export function mayBeNamed(path: Bytes, relative: Bytes): boolean {
  return path.endsWith(joinBytes('/' as Bytes, relative.replace(/^(\.\/)+/, '') as Bytes));
}

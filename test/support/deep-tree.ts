import { ascii, type Bytes, bytesFromText } from '../../src/sys/bytes.js';
import { pread, pwrite } from '../../src/sys/data.js';
import { mkdir } from '../../src/sys/names.js';
import {
  close,
  createFile,
  O_DIRECTORY,
  O_NOATIME,
  O_RDONLY,
  openBeneath,
  openDirectory,
  withFd,
} from '../../src/sys/open.js';
import { readDirectory } from '../../src/sys/read-directory.js';
import { isDirectory, stat } from '../../src/sys/stat.js';
import { getXattr, listXattr, setXattr } from '../../src/sys/xattr.js';

/**
 * Makes directories each in the one before, of any number: `name`, then `d` in `d`. Each has a mode and an attribute of
 * its own, and the last one has a file `data` if a text is told.
 */
export function makeDeep(directory: string, name: string, levels: number, text?: string): void {
  let fd = openDirectory(bytesFromText(directory));
  for (let level = 0; level < levels; level += 1) {
    const own = ascii(level === 0 ? name : 'd');
    mkdir(fd, own, 0o700 + (level % 8));
    const next = openBeneath(fd, own, O_RDONLY | O_DIRECTORY);
    close(fd);
    fd = next;
    setXattr(fd, ascii(''), 'trusted.level', Buffer.from(`${level}`));
  }
  if (text !== undefined)
    withFd(createFile(fd, ascii('data'), 0o640), (file) => pwrite(file, Buffer.from(text), 0));
  close(fd);
}

/**
 * Everything that can be seen of such a tree, a line for each file, from above. The times of reading are left out, and
 * so are the inodes and times of change, which a copy cannot keep.
 */
export function deepFacts(directory: string, name: string): string[] {
  const lines: string[] = [];
  let fd = openDirectory(bytesFromText(directory));
  let below: Bytes | undefined = ascii(name);
  while (below !== undefined) {
    const next: number = openBeneath(fd, below, O_RDONLY | O_DIRECTORY | O_NOATIME);
    close(fd);
    fd = next;
    lines.push(factsOf(fd, ascii('')));
    below = undefined;
    for (const child of [...readDirectory(fd)]) {
      if (isDirectory(stat(fd, child.name))) below = child.name;
      else lines.push(`${child.name} ${factsOf(fd, child.name)} ${textOf(fd, child.name)}`);
    }
  }
  close(fd);
  return lines;
}

function factsOf(dirfd: number, name: Bytes): string {
  const { mode, uid, gid, mtime } = stat(dirfd, name);
  const values = listXattr(dirfd, name).map((each) => `${each}=${getXattr(dirfd, name, each)?.toString()}`);
  return [mode.toString(8), uid, gid, mtime, ...values].join(' ');
}

function textOf(dirfd: number, name: Bytes): string {
  const buffer = Buffer.alloc(1024);
  const length = withFd(openBeneath(dirfd, name, O_RDONLY | O_NOATIME), (fd) => pread(fd, buffer, 0));
  return buffer.toString('utf8', 0, length);
}

import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFSOCK, type Stat } from '../sys/stat.js';
import type { EntryInode, FileKind } from './result.js';

/** What kind of file a mode is of. */
export function fileKind(mode: number): FileKind {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return 'directory';
    case S_IFLNK:
      return 'symlink';
    case S_IFIFO:
      return 'fifo';
    case S_IFSOCK:
      return 'socket';
    case S_IFCHR:
      return 'char';
    case S_IFBLK:
      return 'block';
    default:
      return 'file';
  }
}

/** The part of a stat that a scan passes on. */
export function entryInode(s: Stat): EntryInode {
  const { dev, ino, mode, nlink, uid, gid, size, mtime, blocks, attributes } = s;
  return { dev, ino, mode, nlink, uid, gid, size, mtime, blocks, attributes };
}

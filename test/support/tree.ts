import { createHash } from 'node:crypto';
import { ascii, type Bytes, joinBytes } from '../../src/sys/bytes.js';
import { pread } from '../../src/sys/data.js';
import { inodeKey } from '../../src/sys/inode-id.js';
import { readLink } from '../../src/sys/names.js';
import {
  O_DIRECTORY,
  O_NOATIME,
  O_NOFOLLOW,
  O_RDONLY,
  openBeneathAnyMount,
  withFd,
} from '../../src/sys/open.js';
import { readDirectory } from '../../src/sys/read-directory.js';
import {
  isDirectory,
  isRegular,
  isSymlink,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  type Stat,
  splitDev,
  stat,
} from '../../src/sys/stat.js';
import { isSysError, unless } from '../../src/sys/sys-error.js';
import { getXattr, listXattr } from '../../src/sys/xattr.js';
import { openWithoutAtime } from './clone-without-atime.js';

const kinds = new Map<number, string>([
  [S_IFDIR, 'directory'],
  [S_IFREG, 'file'],
  [S_IFLNK, 'symlink'],
  [S_IFCHR, 'char'],
  [S_IFBLK, 'block'],
  [S_IFIFO, 'fifo'],
  [S_IFSOCK, 'socket'],
]);

/** xfs lists its own form of an ACL beside the ACL; no other file system does. */
const XFS_ACL = 'trusted.SGI_ACL_';

/** Everything that can be seen of one name, each fact as a string, so that any two can be compared. */
export interface TreeEntry {
  /** From the root of the tree; `''` is the root itself. */
  readonly path: Bytes;
  readonly kind: string;
  /** `dev:ino`. */
  readonly inode: string;
  /** The smallest path of those that share the inode: equal groups make equal partitions. */
  readonly group: Bytes;
  readonly nlink: string;
  /** Permission bits with setuid, setgid and sticky, octal. */
  readonly mode: string;
  readonly owner: string;
  readonly size: string;
  /** SHA-256 of a regular file, target of a symlink, `major:minor` of a device. */
  readonly content: string;
  /** `name=hex`, sorted, one a line. */
  readonly xattrs: string;
  /** Nanoseconds since 1970. */
  readonly atime: string;
  readonly mtime: string;
  readonly ctime: string;
  /** 512-byte blocks. */
  readonly blocks: string;
}

export type TreeFact = Exclude<keyof TreeEntry, 'path'>;

/** A whole tree, sorted by path; the root first. */
export type Tree = readonly TreeEntry[];

/** Reads a whole tree without changing it, access times included. Other mounts inside are not entered. */
export function snapshot(root: string): Tree {
  const entries = withFd(openWithoutAtime(root), (fd) => {
    const found: Omit<TreeEntry, 'group'>[] = [entryOf(fd, ascii(''), ascii(''), stat(fd, ascii('')))];
    readInto(found, fd, ascii(''), ascii(''));
    return found;
  });
  entries.sort((a, b) => (a.path < b.path ? -1 : 1));
  const groups = new Map<string, Bytes>();
  for (const { inode, path } of entries) if (!groups.has(inode)) groups.set(inode, path);
  return entries.map((entry) => ({ ...entry, group: groups.get(entry.inode) ?? entry.path }));
}

/** A tree by path. */
export function byPath(tree: Tree): ReadonlyMap<Bytes, TreeEntry> {
  return new Map(tree.map((entry) => [entry.path, entry]));
}

/** The names of each inode that has more than one visible name, and of every single non-directory. */
export function groupsOf(tree: Tree): ReadonlyMap<Bytes, readonly Bytes[]> {
  const groups = new Map<Bytes, Bytes[]>();
  for (const { kind, group, path } of tree) {
    if (kind === 'directory') continue;
    const names = groups.get(group);
    if (names === undefined) groups.set(group, [path]);
    else names.push(path);
  }
  return groups;
}

function readInto(found: Omit<TreeEntry, 'group'>[], parent: number, at: Bytes, name: Bytes): void {
  // O_NOATIME for the case that the root is an ordinary descriptor. By descriptors: paths may pass PATH_MAX.
  const flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NOATIME;
  withFd(openBeneathAnyMount(parent, name, flags), (fd) => {
    for (const child of [...readDirectory(fd)]) {
      const facts = stat(fd, child.name);
      const path = joinBytes(at, child.name);
      found.push(entryOf(fd, child.name, path, facts));
      if (isDirectory(facts)) readInto(found, fd, path, child.name);
    }
  });
}

function entryOf(dirfd: number, name: Bytes, path: Bytes, facts: Stat): Omit<TreeEntry, 'group'> {
  return {
    path,
    kind: kinds.get(facts.mode & S_IFMT) ?? 'unknown',
    inode: inodeKey(facts),
    nlink: String(facts.nlink),
    mode: (facts.mode & 0o7777).toString(8).padStart(4, '0'),
    owner: `${facts.uid}:${facts.gid}`,
    size: String(facts.size),
    content: contentOf(dirfd, name, facts),
    xattrs: listXattr(dirfd, name)
      .filter((attribute) => !attribute.startsWith(XFS_ACL))
      .map((attribute) => `${attribute}=${xattrOf(dirfd, name, attribute)}`)
      .sort()
      .join('\n'),
    atime: String(facts.atime),
    mtime: String(facts.mtime),
    ctime: String(facts.ctime),
    blocks: String(facts.blocks),
  };
}

function xattrOf(dirfd: number, name: Bytes, attribute: string): string {
  try {
    return getXattr(dirfd, name, attribute)?.toString('hex') ?? '(gone)';
  } catch (error) {
    // An empty security.capability, as the classic aufs flush leaves it, cannot even be read.
    if (isSysError(error, 'EINVAL')) return '(invalid)';
    throw error;
  }
}

function contentOf(dirfd: number, name: Bytes, facts: Stat): string {
  // A locked file of fscrypt: all that can be compared is what it is besides.
  if (isRegular(facts)) return unless(['ENOKEY'], () => sha256(dirfd, name)) ?? '(locked)';
  if (isSymlink(facts)) return readLink(dirfd, name);
  const { major, minor } = splitDev(facts.rdev);
  return isDirectory(facts) ? '' : `${major}:${minor}`;
}

const block = Buffer.allocUnsafe(256 * 1024);

function sha256(dirfd: number, name: Bytes): string {
  const hash = createHash('sha256');
  return withFd(openBeneathAnyMount(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NOATIME), (fd) => {
    for (let offset = 0; ; ) {
      const length = pread(fd, block, offset);
      if (length === 0) return hash.digest('hex').slice(0, 16);
      hash.update(block.subarray(0, length));
      offset += length;
    }
  });
}

import { mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { chmod, chown, setTimes } from '../../src/sys/attributes.js';
import {
  ascii,
  type Bytes,
  baseOf,
  bytesFromText,
  bytesOf,
  parentOf,
  toBuffer,
} from '../../src/sys/bytes.js';
import { truncate } from '../../src/sys/data.js';
import { link, mknod, symlink } from '../../src/sys/names.js';
import {
  createFile,
  O_DIRECTORY,
  O_RDONLY,
  openBeneathAnyMount,
  openDirectory,
  withFd,
} from '../../src/sys/open.js';
import { makeDev, S_IFBLK, S_IFCHR, S_IFIFO, S_IFSOCK, stat } from '../../src/sys/stat.js';
import { kernelRoot } from './kernel-root.js';
import { makeTwin } from './make-twin.js';

/** A line of a captured listing. */
interface Row {
  readonly path: string | { readonly b64: string };
  readonly type: string;
  readonly ino: number;
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly mtime_ns: string | number;
  readonly size?: number;
  readonly target?: string;
  readonly rdev?: readonly [major: number, minor: number] | null;
}

const SI = 'efd9ca27c86f0651';
const types: Readonly<Record<string, number>> = { chr: S_IFCHR, blk: S_IFBLK, fifo: S_IFIFO, sock: S_IFSOCK };

/**
 * A directory that stands for a captured aufs mount: every name with the attributes that the mount showed, groups as
 * hardlinks. The numbers of its files are others than the mount's, so the pseudo-links are renamed after them.
 *
 * @returns the mount's directory and a kernel root that tells of it
 */
export function standForMount(
  root: string,
  listing: string,
  upper: string,
  lower: string,
): { readonly mount: string; readonly kernel: Bytes } {
  const mount = join(root, 'mount');
  mkdirSync(mount);
  const built = withFd(openDirectory(bytesFromText(mount)), (fd) => build(fd, listing));
  const plinks = join(upper, '.wh..wh.plnk');
  for (const name of readdirSync(plinks)) {
    const [number = '', inode] = name.split('.');
    // An entry without any name has a number that no file of the mount has.
    const shown = built.get(Number(number));
    // The listing is that of a second, identical run, with times of its own.
    if (shown !== undefined) makeTwin.attributes(join(plinks, name), `${mount}/${toText(shown.path)}`);
    renameSync(join(plinks, name), join(plinks, `${shown?.number ?? 1_000_000n + BigInt(number)}.${inode}`));
  }
  const kernel = kernelRoot(join(root, 'kernel'), {
    mounts: [`40 25 0:40 / ${mount} rw,relatime - aufs none rw,si=${SI}`],
    files: {
      [`sys/fs/aufs/si_${SI}/br0`]: `${upper}=rw\n`,
      [`sys/fs/aufs/si_${SI}/br1`]: `${lower}=ro\n`,
    },
  });
  return { mount, kernel };
}

interface Built {
  readonly path: Bytes;
  readonly number: bigint;
}

function build(root: number, listing: string): Map<number, Built> {
  const rows = (JSON.parse(readFileSync(listing, 'utf8')) as Row[])
    .map((row) => ({ ...row, at: pathOf(row) }))
    .filter(({ at }) => at !== '.')
    .sort((a, b) => (a.at < b.at ? -1 : 1));
  const built = new Map<number, Built>();
  for (const row of rows) {
    withFd(openBeneathAnyMount(root, parentOf(row.at), O_RDONLY | O_DIRECTORY), (fd) => {
      const before = row.type === 'dir' ? undefined : built.get(row.ino)?.path;
      if (before === undefined) make(fd, baseOf(row.at), row);
      else {
        withFd(openBeneathAnyMount(root, parentOf(before), O_RDONLY | O_DIRECTORY), (from) =>
          link(from, baseOf(before), fd, baseOf(row.at)),
        );
      }
      built.set(row.ino, { path: before ?? row.at, number: stat(fd, baseOf(row.at)).ino });
    });
  }
  return built;
}

function make(dirfd: number, name: Bytes, row: Row): void {
  const mode = Number(row.mode) & 0o7777;
  const mask = process.umask(0);
  try {
    if (row.type === 'dir')
      mkdirSync(Buffer.concat([toBuffer(ascii(`/proc/self/fd/${dirfd}/`)), toBuffer(name)]), { mode });
    else if (row.type === 'symlink') symlink(bytesFromText(row.target ?? ''), dirfd, name);
    else if (row.type === 'file') {
      withFd(createFile(dirfd, name, 0o600), (fd) => {
        truncate(fd, row.size ?? 0);
        chown(fd, ascii(''), row.uid, row.gid);
        chmod(fd, mode);
      });
    } else mknod(dirfd, name, (types[row.type] ?? S_IFIFO) | mode, deviceOf(row.rdev));
  } finally {
    process.umask(mask);
  }
  if (row.type !== 'file') chown(dirfd, name, row.uid, row.gid);
  setTimes(dirfd, name, BigInt(row.mtime_ns), BigInt(row.mtime_ns));
}

function toText(path: Bytes): string {
  return toBuffer(path).toString('utf8');
}

function deviceOf(rdev: Row['rdev']): bigint {
  return rdev === undefined || rdev === null ? 0n : makeDev(...rdev);
}

function pathOf({ path }: Row): Bytes {
  return typeof path === 'string' ? bytesFromText(path) : bytesOf(Buffer.from(path.b64, 'base64'));
}

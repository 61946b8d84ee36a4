import { Problem } from '../../problem.js';
import { type Bytes, toBuffer } from '../../sys/bytes.js';

/** One inode of an ext4 image that has no name any more, and its content. */
export interface UnnamedInode {
  readonly ino: number;
  readonly data: Buffer;
}

const MOST_ORPHANS = 100_000;
const MOST_BYTES = 1 << 30;
const ORPHAN_BLOCK_TAIL = 8;

/**
 * The inodes that an ext4 file system still has on its orphan list: until it is mounted again after a crash, the
 * files that were open and unlinked, aufs' inode tables among them. Read by e2fsprogs' debugfs, which writes
 * nothing and needs no mount.
 *
 * @throws Problem operational where debugfs is missing or cannot read the image
 */
export function unnamedInodes(image: Bytes): UnnamedInode[] {
  const super_ = debugfs(image, 'show_super_stats -h').toString('latin1');
  if (!/^Filesystem features:/m.test(super_)) {
    throw new Problem('operational', 'no-ext4', 'is no ext4 file system that debugfs can read', {
      path: image,
    });
  }
  const numbers = new Set([...fromChain(image, super_), ...fromOrphanFile(image, super_)]);
  return [...numbers].map((ino) => ({ ino, data: debugfs(image, `cat <${ino}>`) }));
}

/** s_last_orphan, and from each inode the next: it stands where a deleted file has its time. */
function fromChain(image: Bytes, super_: string): number[] {
  const found: number[] = [];
  let next = Number(/^First orphan inode:\s*(\d+)/m.exec(super_)?.[1] ?? 0);
  while (next !== 0 && !found.includes(next) && found.length < MOST_ORPHANS) {
    const text = debugfs(image, `stat <${next}>`).toString('latin1');
    if (!/^Links: 0\b/m.test(text)) break;
    found.push(next);
    next = Number.parseInt(/^ dtime: (0x[0-9a-f]+)/m.exec(text)?.[1] ?? '0', 16);
  }
  return found;
}

/** With the feature `orphan_file` the numbers stand in a file: blocks of 32 bits each, a checksum at the end of each. */
function fromOrphanFile(image: Bytes, super_: string): number[] {
  const ino = /^Orphan file inode:\s*(\d+)/m.exec(super_)?.[1];
  const size = Number(/^Block size:\s*(\d+)/m.exec(super_)?.[1] ?? 0);
  if (ino === undefined || size === 0) return [];
  const data = debugfs(image, `cat <${ino}>`);
  const found: number[] = [];
  for (let block = 0; block + size <= data.length; block += size) {
    for (let at = block; at < block + size - ORPHAN_BLOCK_TAIL; at += 4) {
      const number = data.readUInt32LE(at);
      if (number !== 0) found.push(number);
    }
  }
  return found.slice(0, MOST_ORPHANS);
}

function debugfs(image: Bytes, request: string): Buffer {
  // Arguments of a process are text for Node; a path that is none must be reached by another name.
  const path = toBuffer(image).toString('utf8');
  // Asked for here: it costs 1 ms of every start.
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const { error, stdout, status } = spawnSync('debugfs', ['-R', request, path], {
    maxBuffer: MOST_BYTES,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' },
  });
  if (error !== undefined || status !== 0) {
    throw new Problem(
      'operational',
      'debugfs',
      `debugfs cannot read it: ${error?.message ?? `status ${status}`}`,
      {
        path: image,
        cause: error,
        hint: 'the program comes with e2fsprogs; it must be able to read the device or a copy of it',
      },
    );
  }
  return stdout;
}

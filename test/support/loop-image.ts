import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from './command.js';
import { keepParentPointers } from './keep-parent-pointers.js';
import { tempDir } from './temp-dir.js';
import { unmount } from './unmount.js';

const MIB = 1024 * 1024;

/**
 * `xfs-parents` is an xfs that keeps parent pointers, `ext4-typeless` an ext4 whose directories tell no types,
 * `ext4-journalless` one without a journal.
 */
export type WritableFileSystem =
  | 'ext4'
  | 'ext4-typeless'
  | 'ext4-journalless'
  | 'xfs'
  | 'xfs-parents'
  | 'btrfs';
export type ReadOnlyFileSystem = 'squashfs' | 'erofs';

/** A file system of its own in a sparse file, loop-mounted. */
export interface LoopImage {
  /** The image file. */
  readonly image: string;
  readonly mountpoint: string;
  /** Unmounts and mounts again, for a cold cache or other options of mount(8). */
  remount(...options: readonly string[]): void;
  unmount(): void;
  /** Unmounts it and everything mounted on it, frees the loop device, removes the image. */
  dispose(): void;
}

interface MakeImage {
  /** Bytes that mkfs asks for at least; the file is sparse. */
  readonly leastBytes: number;
  make(image: string): void;
}

// xfsprogs refuse less than 300 MiB, btrfs-progs less than 109 MiB.
const makers: Readonly<Record<WritableFileSystem, MakeImage>> = {
  ext4: { leastBytes: 32 * MIB, make: (image) => command('mkfs.ext4', '-q', '-F', image) },
  'ext4-typeless': {
    leastBytes: 32 * MIB,
    make: (image) => command('mkfs.ext4', '-q', '-F', '-O', '^filetype,^metadata_csum', image),
  },
  'ext4-journalless': {
    leastBytes: 32 * MIB,
    make: (image) => command('mkfs.ext4', '-q', '-F', '-O', '^has_journal', image),
  },
  xfs: { leastBytes: 320 * MIB, make: (image) => command('mkfs.xfs', '-q', '-f', image) },
  'xfs-parents': {
    leastBytes: 320 * MIB,
    make(image) {
      command('mkfs.xfs', '-q', '-f', image);
      keepParentPointers(image);
    },
  },
  btrfs: { leastBytes: 128 * MIB, make: (image) => command('mkfs.btrfs', '-q', '-f', image) },
};

export interface LoopImageOptions {
  /** Size in bytes; the least of the file system unless told, and never below it. */
  readonly bytes?: number;
  /** Options of mount(8). */
  readonly mountOptions?: readonly string[];
}

/** An empty file system of the given type. */
export function makeLoopImage(type: WritableFileSystem, options: LoopImageOptions = {}): LoopImage {
  const { leastBytes, make } = makers[type];
  return loopImage(type.replace(/-.*/, ''), options.mountOptions, (image) => {
    writeFileSync(image, '');
    truncateSync(image, Math.max(leastBytes, options.bytes ?? 0));
    make(image);
  });
}

/** An empty ext4 made with these options of mkfs.ext4(8), with room for 16,000 files. */
export function makeExt4Image(options: readonly string[]): LoopImage {
  return loopImage('ext4', [], (image) => {
    writeFileSync(image, '');
    truncateSync(image, 256 * MIB);
    command('mkfs.ext4', '-q', '-F', '-N', '16000', ...options, image);
  });
}

/** A read-only file system that holds what is in `directory`, hardlinks and xattrs included. */
export function packLoopImage(type: ReadOnlyFileSystem, directory: string): LoopImage {
  return loopImage(type, ['ro'], (image) => {
    if (type === 'squashfs') command('mksquashfs', directory, image, '-noappend', '-quiet', '-no-progress');
    else command('mkfs.erofs', '--quiet', image, directory);
  });
}

/** A private copy of a gzip-compressed image, such as those below fixtures/. */
export function openLoopImage(gzip: string, options: Pick<LoopImageOptions, 'mountOptions'> = {}): LoopImage {
  return loopImage('auto', options.mountOptions, (image) => unzipSparse(gzip, image));
}

/** Most of an image is holes: a captured xfs has 320 MiB, of which 1 MiB is written. */
function unzipSparse(gzip: string, image: string): void {
  const script = 'gunzip -c "$1" | dd of="$2" bs=64K iflag=fullblock conv=sparse status=none';
  command('bash', '-o', 'pipefail', '-c', script, 'bash', gzip, image);
}

function loopImage(
  type: string,
  mountOptions: readonly string[] = [],
  write: (image: string) => void,
): LoopImage {
  const directory = tempDir('image');
  const image = join(directory.path, 'image');
  const mountpoint = join(directory.path, 'mnt');
  const mount = (options: readonly string[]) =>
    command('mount', '-t', type, '-o', ['loop', ...options].join(','), image, mountpoint);
  try {
    mkdirSync(mountpoint);
    write(image);
    mount(mountOptions);
  } catch (error) {
    directory.dispose();
    throw error;
  }
  return {
    image,
    mountpoint,
    remount(...options) {
      unmount(mountpoint);
      mount(options.length > 0 ? options : mountOptions);
    },
    unmount: () => unmount(mountpoint),
    dispose: () => directory.dispose(),
  };
}

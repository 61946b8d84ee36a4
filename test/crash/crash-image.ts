import { closeSync, existsSync, openSync, readSync, truncateSync, writeFileSync } from 'node:fs';
import { ascii, bytesFromText } from '../../src/sys/bytes.js';
import { mount, umount } from '../../src/sys/mount.js';
import { isSysError } from '../../src/sys/sys-error.js';
import { command } from '../support/command.js';
import { pause } from '../support/pause.js';
import { attachLoop, type LoopDevice, writesOf } from './loop-device.js';

export type CrashFileSystem = 'ext4' | 'xfs' | 'btrfs';

const MIB = 1024 * 1024;

interface Maker {
  readonly bytes: number;
  readonly mkfs: readonly string[];
  /** Options of mount(2). */
  readonly options: string;
}

// Small blocks and a small journal make small copies. xfsprogs refuse less than 300 MiB, btrfs-progs less than 109.
const makers: Readonly<Record<CrashFileSystem, Maker>> = {
  ext4: {
    bytes: 8 * MIB,
    mkfs: ['mkfs.ext4', '-q', '-F', '-b', '1024', '-I', '256', '-O', '^resize_inode', '-J', 'size=1'],
    options: '',
  },
  xfs: { bytes: 300 * MIB, mkfs: ['mkfs.xfs', '-q', '-f'], options: 'nouuid' },
  btrfs: { bytes: 110 * MIB, mkfs: ['mkfs.btrfs', '-q', '-f', '-m', 'single'], options: '' },
};

/** An empty file system in a sparse file. */
export function makeImage(type: CrashFileSystem, image: string): void {
  const { bytes, mkfs } = makers[type];
  writeFileSync(image, '');
  truncateSync(image, bytes);
  const [program = '', ...args] = mkfs;
  command(program, ...args, image);
}

/** A copy of what the device holds at this moment: what is dirty in the mounted file system is not in it. */
export function copyImage(from: string, to: string): void {
  command('cp', '--sparse=always', from, to);
}

/** A mounted image. */
export interface MountedImage {
  /** Changes whenever the device was written to. */
  writes(): string;
  unmount(): void;
}

export function mountImage(type: CrashFileSystem, image: string, target: string): MountedImage {
  const loop: LoopDevice = attachLoop(image);
  try {
    const options = bytesFromText(makers[type].options);
    mount(bytesFromText(loop.path), bytesFromText(target), ascii(type), 0, options);
  } finally {
    loop.release();
  }
  return {
    writes: () => writesOf(loop),
    unmount() {
      patiently(() => umount(bytesFromText(target)));
      if (type === 'btrfs') waitUntilGone(image);
    },
  };
}

// A mount namespace that another process made meanwhile keeps an unmounted btrfs alive, and the kernel then gives a
// copy of it an identity of its own: not the one that its file handles tell.
function waitUntilGone(image: string): void {
  const known = `/sys/fs/btrfs/${fileSystemId(image)}`;
  for (let tries = 0; existsSync(known); tries += 1) {
    if (tries === 1200) throw new Error(`${known} is still in use`);
    pause(25);
  }
}

const BTRFS_FSID_OFFSET = 0x10020;

function fileSystemId(image: string): string {
  const id = Buffer.alloc(16);
  const fd = openSync(image, 'r');
  readSync(fd, id, 0, id.length, BTRFS_FSID_OFFSET);
  closeSync(fd);
  return id.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

// A closed file is let go of by the kernel a moment after close() has returned.
function patiently(act: () => void): void {
  for (let tries = 0; ; tries += 1) {
    try {
      act();
      return;
    } catch (error) {
      if (!isSysError(error, 'EBUSY') || tries === 20) throw error;
      pause(25);
    }
  }
}

import { readFileSync } from 'node:fs';
import { ascii, bytesFromText } from './bytes.js';
import { close, O_NONBLOCK, O_RDONLY, openTrusted } from './open.js';
import { isBlockDevice, splitDev, stat } from './stat.js';
import { SysError } from './sys-error.js';

const ENODEV = 19;

/**
 * Opens the block device that a file system lies on, for reading; what it gives are the file system's own buffers
 * where that keeps its metadata in the device's page cache, as ext4 does. Takes the rights to the device's node.
 *
 * @param dev - `st_dev` of a file there
 * @throws SysError ENODEV where no node leads to it, EACCES, EPERM
 */
export function openBlockDevice(dev: bigint): number {
  const fd = openTrusted(bytesFromText(nodeOf(dev)), O_RDONLY | O_NONBLOCK);
  try {
    const facts = stat(fd, ascii(''));
    if (isBlockDevice(facts) && facts.rdev === dev) return fd;
  } catch (error) {
    close(fd);
    throw error;
  }
  close(fd);
  throw new SysError('openat', ENODEV);
}

/** udev's links in /dev/block are not everywhere; that the kernel's own name stands in /dev is. */
function nodeOf(dev: bigint): string {
  const { major, minor } = splitDev(dev);
  let told: string;
  try {
    told = readFileSync(`/sys/dev/block/${major}:${minor}/uevent`, 'latin1');
  } catch {
    throw new SysError('openat', ENODEV);
  }
  const name = /^DEVNAME=([\w!./-]+)$/m.exec(told)?.[1];
  if (name === undefined) throw new SysError('openat', ENODEV);
  return `/dev/${name.replaceAll('!', '/')}`;
}

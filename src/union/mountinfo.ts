import { readFileSync } from 'node:fs';
import { ascii, type Bytes, bytesOf } from '../sys/bytes.js';
import { makeDev } from '../sys/stat.js';
import { decodeOctal } from './octal.js';

/** One line of `/proc/PID/mountinfo`, see proc_pid_mountinfo(5). */
export interface MountInfo {
  readonly id: number;
  readonly parent: number;
  readonly dev: bigint;
  /** The part of the file system that is mounted here; `/` unless it is a bind mount of a directory inside. */
  readonly root: Bytes;
  readonly mountpoint: Bytes;
  readonly readOnly: boolean;
  /** Whether it shows other owners than its file system has. */
  readonly idmapped: boolean;
  /** File system type, subtype included (`fuse.fuse-overlayfs`). */
  readonly type: Bytes;
  readonly source: Bytes;
  /**
   * Options of the superblock, still in octal: a comma inside a value is `\054` until the list has been split.
   */
  readonly superOptions: Bytes;
}

/** Reads one line; undefined for one that is not a mount. */
export function parseMountInfoLine(line: Bytes): MountInfo | undefined {
  const [before, after] = line.split(' - ', 2);
  const [id, parent, dev, root, mountpoint, options] = before?.split(' ') ?? [];
  const [type, source, superOptions = ''] = after?.split(' ') ?? [];
  const [major, minor] = dev?.split(':').map(Number) ?? [];
  if (
    root === undefined ||
    mountpoint === undefined ||
    options === undefined ||
    type === undefined ||
    source === undefined ||
    major === undefined ||
    minor === undefined
  )
    return undefined;
  return {
    id: Number(id),
    parent: Number(parent),
    dev: makeDev(major, minor),
    root: decodeOctal(root as Bytes),
    mountpoint: decodeOctal(mountpoint as Bytes),
    readOnly: options.split(',').includes('ro') || superOptions.split(',').includes('ro'),
    idmapped: options.split(',').includes('idmapped'),
    type: type as Bytes,
    source: decodeOctal(source as Bytes),
    superOptions: superOptions as Bytes,
  };
}

/**
 * All mounts that a mountinfo file tells of, in its order: the later covers the earlier.
 *
 * @param type - of this type alone; there may be thousands of others
 */
export function parseMountInfo(text: Bytes, type?: string): MountInfo[] {
  const mounts: MountInfo[] = [];
  for (const line of text.split('\n')) {
    const isOther = type !== undefined && !line.includes(` - ${type} `);
    const mount = line === '' || isOther ? undefined : parseMountInfoLine(line as Bytes);
    if (mount !== undefined) mounts.push(mount);
  }
  return mounts;
}

/**
 * The mounts that a process sees.
 *
 * @param kernelRoot - directory that holds `proc`; `''` for the machine itself
 * @param pid - whose mounts; this process' own unless told
 * @param type - mounts of this type alone
 */
export function readMountInfo(kernelRoot: Bytes, pid: number | 'self' = 'self', type?: string): MountInfo[] {
  const path = `${kernelRoot}/proc/${pid}/mountinfo`;
  return parseMountInfo(bytesOf(readFileSync(Buffer.from(ascii(path), 'latin1'))), type);
}

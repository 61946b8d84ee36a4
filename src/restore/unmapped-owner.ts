import { readFileSync } from 'node:fs';
import { type Bytes, bytesOf } from '../sys/bytes.js';
import { inFirstUserNamespace } from '../sys/capabilities.js';
import { O_PATH, openTrusted, withFd } from '../sys/open.js';
import type { Stat } from '../sys/stat.js';
import { isSysError } from '../sys/sys-error.js';
import { readMountInfo } from '../union/mountinfo.js';
import type { Layer } from '../union/view-rules.js';

/** What the kernel shows where /proc does not tell (DEFAULT_OVERFLOWUID). */
const NOBODY = 65534;

/**
 * Whether an owner or group that a layer shows may stand for one that its mount, or this user namespace, does not map: the
 * kernel shows nobody's number then. In both an honest nobody cannot be told from it.
 */
export function mayBeUnmapped({ path }: Layer, { uid, gid }: Pick<Stat, 'uid' | 'gid'>): boolean {
  if (uid !== overflowId('overflowuid') && gid !== overflowId('overflowgid')) return false;
  return !inFirstUserNamespace() || mayBeIdmapped(path);
}

function overflowId(name: 'overflowuid' | 'overflowgid'): number {
  try {
    return Number(readFileSync(`/proc/sys/kernel/${name}`, 'latin1'));
  } catch {
    return NOBODY;
  }
}

/** Whether a directory is on a mount that maps owners, or nothing tells. */
function mayBeIdmapped(path: Bytes): boolean {
  try {
    const id = withFd(openTrusted(path, O_PATH), mountOf);
    return readMountInfo('' as Bytes).find((mount) => mount.id === id)?.idmapped !== false;
  } catch (error) {
    if (isSysError(error) || isNodeError(error)) return true;
    throw error;
  }
}

/** The id of the mount that a descriptor was opened through. */
function mountOf(fd: number): number | undefined {
  const text = bytesOf(readFileSync(`/proc/self/fdinfo/${fd}`));
  const id = /^mnt_id:\s*(\d+)$/m.exec(text)?.[1];
  return id === undefined ? undefined : Number(id);
}

function isNodeError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'syscall' in error;
}

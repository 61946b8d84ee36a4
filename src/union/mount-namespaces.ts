import { readdirSync, readlinkSync } from 'node:fs';
import { type Bytes, toBuffer } from '../sys/bytes.js';
import { type MountInfo, readMountInfo } from './mountinfo.js';

/** The mounts of one mount namespace, and a process that lives in it. */
export interface NamespaceMounts {
  readonly pid: number;
  readonly mounts: readonly MountInfo[];
}

/**
 * The mounts of every other mount namespace that has a process, one process each (root; others see their own).
 *
 * @param kernelRoot - directory that holds `proc`
 */
export function* otherNamespaces(kernelRoot: Bytes): Generator<NamespaceMounts> {
  const seen = new Set([namespaceOf(kernelRoot, 'self')]);
  for (const name of readdirSync(toBuffer(`${kernelRoot}/proc` as Bytes), 'latin1')) {
    if (!/^\d+$/.test(name)) continue;
    const pid = Number(name);
    const namespace = namespaceOf(kernelRoot, pid);
    if (namespace === undefined || seen.has(namespace)) continue;
    const mounts = mountsOf(kernelRoot, pid);
    if (mounts === undefined) continue;
    seen.add(namespace);
    yield { pid, mounts };
  }
}

function namespaceOf(kernelRoot: Bytes, pid: number | 'self'): string | undefined {
  try {
    return readlinkSync(toBuffer(`${kernelRoot}/proc/${pid}/ns/mnt` as Bytes), 'latin1');
  } catch {
    // Gone, a kernel thread, or somebody else's process.
    return undefined;
  }
}

function mountsOf(kernelRoot: Bytes, pid: number): MountInfo[] | undefined {
  try {
    return readMountInfo(kernelRoot, pid);
  } catch {
    return undefined;
  }
}

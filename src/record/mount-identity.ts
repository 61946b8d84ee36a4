import { readFileSync, statSync } from 'node:fs';
import { type Bytes, toBuffer } from '../sys/bytes.js';
import type { AufsUnion } from '../union/union.js';

/**
 * What tells one mount of an aufs from every other: the boot, the aufs' own id, and the number of its directory in
 * sysfs, since the id is made of an address that a later mount may have again.
 */
export function mountIdentity({ mounted }: AufsUnion, kernelRoot: Bytes): string | undefined {
  if (mounted === undefined) return undefined;
  const boot = readText(`${kernelRoot}/proc/sys/kernel/random/boot_id` as Bytes);
  const ino = inodeOf(`${kernelRoot}/sys/fs/aufs/si_${mounted.si}` as Bytes);
  return `${boot} ${mounted.si} ${ino}`;
}

function readText(path: Bytes): string {
  try {
    return readFileSync(toBuffer(path), 'utf8').trim();
  } catch {
    return '-';
  }
}

function inodeOf(path: Bytes): string {
  try {
    return `${statSync(toBuffer(path), { bigint: true }).ino}`;
  } catch {
    return '-';
  }
}

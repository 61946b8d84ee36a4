import { readdirSync } from 'node:fs';
import { bootId, namespacePids, pidNamespace, processStat } from './process-stat.js';

/** Names one process of one boot for good: a pid alone is used again. */
export interface ProcessIdentity {
  /** As the process itself sees it (getpid(2)). */
  readonly pid: number;
  /** Field 22 of `/proc/PID/stat`, clock ticks since boot. */
  readonly startTime: string;
  readonly bootId: string;
  /** `pid:[INODE]`. */
  readonly pidNamespace: string;
}

/** Linux' fixed inode of the first pid namespace, from which every process can be seen. */
const INITIAL_NAMESPACE = 'pid:[4026531836]';

/** This process. Where /proc does not show it, the fields are empty and match nobody. */
export function ownIdentity(): ProcessIdentity {
  return {
    pid: process.pid,
    startTime: processStat('self')?.startTime ?? '',
    bootId: bootId() ?? '',
    pidNamespace: pidNamespace('self') ?? '',
  };
}

/** Whether a process lives; `unknown` where it would be in a pid namespace that cannot be seen from here. */
export function isAlive(process: ProcessIdentity): boolean | 'unknown' {
  const self = ownIdentity();
  if (process.bootId !== self.bootId) return false;
  // A /proc of an outer namespace counts otherwise than getpid(2) here.
  const ownProc = namespacePids('self').length === 1;
  if (ownProc && process.pidNamespace === self.pidNamespace) return isProcess(process.pid, process);
  if (allPids().some((pid) => isProcess(pid, process))) return true;
  return ownProc && self.pidNamespace === INITIAL_NAMESPACE ? false : 'unknown';
}

/** Whether a process is the parent of this one, or its parent, and so on; proved through /proc, never by a word. */
export function isAncestor(process: ProcessIdentity): boolean {
  if (process.bootId === '' || process.bootId !== bootId()) return false;
  let child = processStat('self');
  while (child !== undefined && child.parent > 0) {
    const parent = processStat(child.parent);
    // A parent that ended between the two reads may have left its pid to a younger process.
    if (parent === undefined || BigInt(parent.startTime) > BigInt(child.startTime)) return false;
    if (isProcess(parent.pid, process)) return true;
    child = parent;
  }
  return false;
}

function isProcess(pid: number, process: ProcessIdentity): boolean {
  const stat = processStat(pid);
  return (
    stat !== undefined &&
    !stat.zombie &&
    stat.startTime === process.startTime &&
    namespacePids(pid).at(-1) === process.pid &&
    pidNamespace(pid) === process.pidNamespace
  );
}

function allPids(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

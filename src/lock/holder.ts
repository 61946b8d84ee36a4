import { ascii } from '../sys/bytes.js';
import { inodeOf } from '../sys/inode-id.js';
import { close } from '../sys/open.js';
import { stat } from '../sys/stat.js';
import { Companions } from './companions.js';
import type { Busy } from './hold.js';
import { flockOwner } from './kernel-locks.js';
import type { OwnerRecord } from './owner-record.js';
import { isAlive } from './process-identity.js';
import { programOf } from './process-stat.js';
import type { RuntimeDirectory } from './runtime-directory.js';

/** Whom the record names as the holder of a lock. */
export type RecordedHolder = OwnerRecord & {
  /** `unknown`: in a pid namespace that cannot be seen from here. */
  readonly alive: boolean | 'unknown';
};

/** A holder that left no record: another program, or a plinkctl with another runtime directory. */
export interface OtherProcess {
  readonly pid: number;
  /** Name of its program. */
  readonly program: string | undefined;
}

/** All that can be found out about who has a lock that is taken. */
export interface Holder {
  readonly recorded: RecordedHolder | undefined;
  /** Asked of the kernel where no living process is recorded. */
  readonly other: OtherProcess | undefined;
}

/** Finds out who has a lock that was found taken. */
export function holderOf({ object, level }: Busy, runtime: RuntimeDirectory | undefined): Holder {
  const companions = runtime === undefined ? undefined : new Companions(runtime, object);
  const record = companions?.readRecord(level);
  // The record of a dead process says nothing about who has the flock now.
  const alive = record === undefined ? false : isAlive(record);
  if (record !== undefined && alive !== false) return { recorded: { ...record, alive }, other: undefined };
  const inode = level === 0 ? object : inodeOfLevel(companions, level);
  const pid = inode === undefined ? undefined : flockOwner(inode);
  return { recorded: undefined, other: pid === undefined ? undefined : { pid, program: programOf(pid) } };
}

function inodeOfLevel(companions: Companions | undefined, level: number) {
  const fd = companions?.open(level);
  if (fd === undefined) return undefined;
  try {
    return inodeOf(stat(fd, ascii('')));
  } finally {
    close(fd);
  }
}

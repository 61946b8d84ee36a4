import { tryLock, unlock } from '../sys/lock.js';
import { close } from '../sys/open.js';
import { Companions } from './companions.js';
import type { LockObject } from './lock-object.js';
import type { OwnerRecord } from './owner-record.js';
import { isAncestor } from './process-identity.js';
import type { RuntimeDirectory } from './runtime-directory.js';
import type { TakeVisibleLock, VisibleLock } from './visible-lock.js';

/** One lock object, held. */
export interface Hold {
  /** 0 for the lock itself, 1 and more for a child of the holder. */
  readonly level: number;
  /** Gives it back, the flock last; a second call does nothing. */
  release(): void;
}

/** Somebody else has it. */
export interface Busy {
  readonly object: LockObject;
  /** The level that was found taken, see {@link Companions}. */
  readonly level: number;
}

/** What a hold needs beside the lock object. */
export interface HoldContext {
  /** Undefined where none can be had: then nobody can say who holds the lock, and children are not known. */
  readonly runtime: RuntimeDirectory | undefined;
  readonly takeVisibleLock: TakeVisibleLock | undefined;
  readonly record: OwnerRecord;
  readonly note: (text: string) => void;
}

export function isBusy(result: { release(): void } | Busy): result is Busy {
  return !('release' in result);
}

/**
 * Tries once for a lock object: its flock; or, if that belongs to an ancestor that admits its children, the flock
 * of the children's file, and so on down. The object stays open in any case; closing it is the caller's.
 *
 * Who takes a level writes its record first and then looks whether anybody still holds a deeper one (the child of
 * a holder that was killed); a child takes its level first and then looks whether the records above are still the
 * ones it relied on. Whatever the order of the two, at least one of them sees the other.
 */
export function tryHold(object: LockObject, context: HoldContext): Hold | Busy {
  const { runtime } = context;
  const companions = runtime === undefined ? undefined : new Companions(runtime, object);
  if (tryLock(object.fd)) {
    return claim({ object, level: 0, fd: object.fd, companions, context });
  }
  const above: OwnerRecord[] = [];
  for (let level = 1; companions !== undefined; level += 1) {
    const record = companions.readRecord(level - 1);
    if (record === undefined || !record.admitsChildren || !isAncestor(record)) {
      return { object, level: level - 1 };
    }
    above.push(record);
    const fd = companions.open(level);
    if (fd === undefined) return { object, level: level - 1 };
    if (!tryLock(fd)) {
      close(fd);
      continue;
    }
    if (above.some(({ nonce }, i) => companions.readRecord(i)?.nonce !== nonce)) {
      close(fd);
      return { object, level: 0 };
    }
    return claim({ object, level, fd, companions, context });
  }
  return { object, level: 0 };
}

interface Claim {
  readonly object: LockObject;
  readonly level: number;
  /** Holds the flock. */
  readonly fd: number;
  readonly companions: Companions | undefined;
  readonly context: HoldContext;
}

function claim({ object, level, fd, companions, context }: Claim): Hold | Busy {
  const { record, note, takeVisibleLock } = context;
  let visible: VisibleLock | undefined;
  let done = false;
  const release = () => {
    if (done) return;
    done = true;
    try {
      companions?.removeRecord(level);
      companions?.removeBelow(level);
      visible?.release();
    } catch (error) {
      note(`the runtime directory could not be tidied: ${messageOf(error)}`);
    } finally {
      // Not by the close alone: a program that is just being started may have a copy until its exec.
      try {
        unlock(fd);
      } catch (error) {
        note(`the lock goes with its descriptor: ${messageOf(error)}`);
      }
      if (fd !== object.fd) close(fd);
    }
  };
  if (companions === undefined) return { level, release };
  try {
    try {
      if (level === 0) visible = takeVisibleLock?.(companions.lockPath(0), note);
      companions.writeRecord(level, record);
      companions.make(level + 1);
    } catch (error) {
      // The flock stands; all that is missing is who holds it.
      note(`the owner record could not be written: ${messageOf(error)}`);
    }
    const taken = companions.takenBelow(level);
    if (taken === undefined) return { level, release };
    release();
    return { object, level: taken };
  } catch (error) {
    release();
    throw error;
  }
}

function messageOf(error: unknown): string {
  return String((error as { readonly message?: unknown }).message ?? error);
}

import type { Union } from '../union/union.js';
import { type Busy, type Hold, type HoldContext, isBusy, tryHold } from './hold.js';
import { areStillThere, closeLockObjects, type LockObject, openLockObjects } from './lock-object.js';

/** All lock objects of a union, held. */
export interface HeldUnion {
  /** The deepest level among them, see {@link Hold}. */
  readonly level: number;
  /** Gives them back, in the opposite order; a second call does nothing. */
  release(): void;
}

// An index that keeps being replaced is somebody else at work.
const REPLACED_TRIES = 5;

/** Tries once for every lock object of a union: all of them, or none. */
export function tryHoldUnion(union: Union, context: HoldContext): HeldUnion | Busy {
  for (let tries = 1; ; tries += 1) {
    const objects = openLockObjects(union);
    const held = tryHoldAll(objects, context);
    if (isBusy(held)) return held;
    if (stillThere(objects, union, held)) return held;
    held.release();
    const [object] = objects;
    if (tries === REPLACED_TRIES && object !== undefined) return { object, level: 0 };
  }
}

function tryHoldAll(objects: readonly LockObject[], context: HoldContext): HeldUnion | Busy {
  const holds: Hold[] = [];
  let released = false;
  const release = () => {
    if (released) return;
    released = true;
    for (const hold of holds.toReversed()) hold.release();
    closeLockObjects(objects);
  };
  try {
    for (const object of objects) {
      const result = tryHold(object, context);
      if (isBusy(result)) {
        release();
        return result;
      }
      holds.push(result);
    }
  } catch (error) {
    release();
    throw error;
  }
  return { level: Math.max(...holds.map(({ level }) => level)), release };
}

function stillThere(objects: readonly LockObject[], union: Union, held: HeldUnion): boolean {
  try {
    return areStillThere(objects, union);
  } catch (error) {
    held.release();
    throw error;
  }
}

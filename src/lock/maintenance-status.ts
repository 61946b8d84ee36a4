import type { Bytes } from '../sys/bytes.js';
import { tryLock, unlock } from '../sys/lock.js';
import type { Union } from '../union/union.js';
import { Companions } from './companions.js';
import type { Busy } from './hold.js';
import { type Holder, holderOf } from './holder.js';
import { closeLockObjects, type LockObject, openLockObjects } from './lock-object.js';
import { type RuntimeDirectory, runtimeDirectory } from './runtime-directory.js';

/** Who holds the maintenance mode of a union, if anybody. */
export interface MaintenanceStatus {
  readonly held: boolean;
  /** The directory whose lock is held; the first one if none is. */
  readonly path: Bytes | undefined;
  /** The recorded holder, if it may be the one that holds it now. */
  readonly holder: Holder['recorded'];
  /** A holder without a record. */
  readonly other: Holder['other'];
  /** A program started by the holder that operates now. */
  readonly child: Holder['recorded'];
  /** ISO 8601, UTC. */
  readonly since: string | undefined;
}

/**
 * Tests the lock by taking it for an instant, and reads the record. A record left by a dead process or by an
 * earlier boot counts for nothing.
 *
 * @param options - as for `enterMaintenance`
 */
export async function maintenanceStatus(
  union: Union,
  options: { readonly runtimeDirectory?: string | undefined } = {},
): Promise<MaintenanceStatus> {
  const runtime = await runtimeDirectory(options.runtimeDirectory);
  const objects = openLockObjects(union);
  try {
    for (const object of objects) {
      const level = deepestTaken(object, runtime);
      if (level !== undefined) return heldStatus({ object, level }, runtime);
    }
    const path = objects[0]?.path;
    return { held: false, path, holder: undefined, other: undefined, child: undefined, since: undefined };
  } finally {
    closeLockObjects(objects);
  }
}

function heldStatus({ object, level }: Busy, runtime: RuntimeDirectory | undefined): MaintenanceStatus {
  const { recorded, other } = holderOf({ object, level: 0 }, runtime);
  const child = level === 0 ? undefined : holderOf({ object, level }, runtime).recorded;
  return { held: true, path: object.path, holder: recorded, other, child, since: (recorded ?? child)?.since };
}

function deepestTaken(object: LockObject, runtime: RuntimeDirectory | undefined): number | undefined {
  const below = runtime === undefined ? undefined : new Companions(runtime, object).takenBelow(0);
  if (below !== undefined) return below;
  if (!tryLock(object.fd)) return 0;
  unlock(object.fd);
  return undefined;
}

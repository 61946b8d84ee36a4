/** Times that a stopped run still owes, and when it began to change them. Nanoseconds since 1970. */
export interface OwedTimes {
  readonly atime: bigint;
  readonly mtime: bigint;
  /** Undefined where an older release noted it. */
  readonly since: bigint | undefined;
}

/**
 * What is changed later than so long after `since` is no run's own, which links a million names into a directory in a
 * sixth of it; what takes longer is noted anew. Nanoseconds.
 */
export const OWN_CHANGES = 60_000_000_000n;

/** Milliseconds that the times of files lag behind the clock at most: a tick of the kernel's. */
const TICK_MS = 10;

/** From now on, as {@link OwedTimes.since} has it. */
export function sinceNow(): bigint {
  return BigInt(Date.now() - TICK_MS) * 1_000_000n;
}

/**
 * Whether something is still to get the times that it is owed: not where somebody has changed it since, who would have
 * the times of his change undone.
 *
 * @param ctime - as it stands; unlike an mtime nobody can set it
 * @param mountedAt - when the union was mounted last, as `Site.mountedAt` tells
 */
export function areOwed({ since }: OwedTimes, ctime: bigint, mountedAt: bigint): boolean {
  if (since === undefined) return true;
  if (mountedAt === 0n) return ctime <= since + OWN_CHANGES;
  return mountedAt <= since || (ctime < mountedAt && ctime <= since + OWN_CHANGES);
}

/** A UUID of lowers on several file systems: a handle with it does not tell whose file it is of. */
export interface SharedUuid {
  /** 16 bytes; zeros where the file systems have none. */
  readonly uuid: Buffer;
  /** Positions of two lowers with it that are on two file systems. */
  readonly lowers: readonly [number, number];
}

/**
 * Finds the UUIDs that more than one file system has, as the kernel does at a mount (ovl_lower_uuid_ok in
 * fs/overlayfs/super.c): to have none is to have the same. The kernel does not compare a lower that is on the upper's
 * own file system with those above it; its index then joins files that have nothing to do with each other. Pure.
 *
 * @param lowers - the searched lowers; an undefined UUID is equal to none
 */
export function sharedUuids(
  lowers: readonly { readonly uuid: Buffer | undefined; readonly superblock: string }[],
): SharedUuid[] {
  const first = new Map<string, number>();
  const shared = new Map<string, SharedUuid>();
  for (const [at, { uuid, superblock }] of lowers.entries()) {
    if (uuid === undefined) continue;
    const text = uuid.toString('hex');
    const before = first.get(text);
    if (before === undefined) first.set(text, at);
    else if (lowers[before]?.superblock !== superblock && !shared.has(text)) {
      shared.set(text, { uuid, lowers: [before, at] });
    }
  }
  return [...shared.values()];
}

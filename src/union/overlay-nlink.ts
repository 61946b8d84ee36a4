/**
 * `overlay.nlink`: the union's link count, told relative to the real count of the upper (`U`) or lower (`L`) inode
 * (ovl_set_nlink_common in fs/overlayfs/inode.c).
 */
export interface OverlayNlink {
  readonly base: 'U' | 'L';
  readonly difference: number;
}

/** Reads the attribute; undefined for anything the kernel does not take. */
export function parseOverlayNlink(value: string | undefined): OverlayNlink | undefined {
  const match = value === undefined ? null : /^([UL])([+-]\d{1,9})$/.exec(value);
  if (match === null) return undefined;
  return { base: match[1] === 'U' ? 'U' : 'L', difference: Number(match[2]) };
}

/** The attribute's text: `U-1`, `L+0`. */
export function formatOverlayNlink(base: 'U' | 'L', difference: number): string {
  return `${base}${difference < 0 ? '-' : '+'}${Math.abs(difference)}`;
}

/** The link count that the union shows, or undefined where the lower count is needed and not known. */
export function unionNlink(
  nlink: OverlayNlink,
  upperLinks: number,
  lowerLinks: number | undefined,
): number | undefined {
  const real = nlink.base === 'U' ? upperLinks : lowerLinks;
  return real === undefined ? undefined : real + nlink.difference;
}

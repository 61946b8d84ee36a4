import { firstDifference, openQuietFile } from '../../scan/findings/same-data.js';
import type { RepairAction, Spot } from '../../scan/repair-action.js';
import { type Bytes, baseOf, parentOf } from '../../sys/bytes.js';
import { close, withFd } from '../../sys/open.js';
import { isRegular, type Stat, statIfThere } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import { openLongPath } from '../../union/open-layer-directory.js';
import type { RepairSite } from './repair-site.js';

/** One of the files that a person is asked about. */
export interface Side {
  /** Absolute. */
  readonly path: Bytes;
  readonly stat: Stat;
  /** Offset of the first byte that differs from the first side's; undefined for equal contents. */
  readonly differsAt: bigint | undefined;
}

/** The files of a repair, side by side: the one that stays first. Reads only. */
export function evidenceOf(at: RepairSite, action: RepairAction): Side[] {
  if (action.kind === 'flush' || action.kind === 'settle') return [];
  const spots: Spot[] = action.kind === 'link' ? [action.from, ...action.replace] : [action.at];
  if (action.kind === 'link') {
    for (const path of action.to) {
      const lower = lowerSpot(at, path);
      if (lower !== undefined) spots.push(lower);
    }
  }
  const [first] = spots;
  return spots.flatMap((spot) => sideOf(at, spot, first));
}

/** The lower file that a name shows; for the eye alone, so redirects are not followed. */
function lowerSpot(at: RepairSite, path: Bytes): Spot | undefined {
  for (const { branch, role } of at.site.layers.all) {
    const spot: Spot = { in: 'branch', branch, path };
    if (role === 'lower' && look(at, spot, () => true) === true) return spot;
  }
  return undefined;
}

function look<T>(
  at: RepairSite,
  spot: Spot,
  body: (dirfd: number, name: Bytes, s: Stat) => T,
): T | undefined {
  try {
    const root = at.rootOf(spot);
    return withFd(openLongPath(root, parentOf(spot.path)), (dirfd) => {
      const name = baseOf(spot.path);
      const s = statIfThere(dirfd, name);
      return s === undefined ? undefined : body(dirfd, name, s);
    });
  } catch (error) {
    if (isSysError(error)) return undefined;
    throw error;
  }
}

function sideOf(at: RepairSite, spot: Spot, first: Spot | undefined): Side[] {
  const side = look(at, spot, (dirfd, name, s): Side => {
    const path = at.pathOf(spot);
    if (first === undefined || first === spot || !isRegular(s))
      return { path, stat: s, differsAt: undefined };
    const other = look(at, first, (otherDir, otherName, otherStat) =>
      isRegular(otherStat) ? openQuietFile({ dirfd: otherDir, name: otherName }) : undefined,
    );
    if (other === undefined) return { path, stat: s, differsAt: 0n };
    try {
      return {
        path,
        stat: s,
        differsAt: withFd(openQuietFile({ dirfd, name }), (fd) => firstDifference(other, fd)),
      };
    } finally {
      close(other);
    }
  });
  return side === undefined ? [] : [side];
}

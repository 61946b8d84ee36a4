import type { SeenSpot } from '../../scan/repair-action.js';
import type { Finding } from '../../scan/result.js';
import type { Bytes } from '../../sys/bytes.js';
import { O_NOFOLLOW, O_PATH, openBeneath, withFd } from '../../sys/open.js';
import { isDirectory, type Stat, stat } from '../../sys/stat.js';
import { getXattr } from '../../sys/xattr.js';
import type { Pace } from '../pace.js';
import { NotCopied } from '../rescue/not-copied.js';
import type { Rescue } from '../rescue/rescue.js';
import { SELF } from '../site.js';
import type { StillFree } from '../still-free.js';
import { keepIn } from './lost-and-found.js';
import { refuseChanged } from './refuse-changed.js';
import type { Found, RepairSite } from './repair-site.js';
import { stripInode } from './strip-marks.js';

/** What the repairs of one run have in common. */
export interface RepairSurroundings {
  readonly at: RepairSite;
  readonly rescue: Rescue | undefined;
  readonly pace: Pace;
  readonly free: StillFree;
}

/** One repair on its way. */
export interface RepairRun extends RepairSurroundings {
  readonly finding: Finding;
  /** Where what had no place any more is kept. */
  readonly kept: Bytes[];
}

/** Runs `body` with a file that was found again, and lets go of it. */
export async function within(found: Found, body: (found: Found) => void | Promise<void>): Promise<void> {
  try {
    await body(found);
  } finally {
    found.close();
  }
}

/**
 * Keeps a file in the rescue directory; its name may go then, if {@link refuseChanged} finds it as it is on return.
 *
 * @returns what was kept
 * @throws NotCopied where it cannot be copied, or is a metadata-only file; SpotChanged where it is another file after that,
 *   or was written to meanwhile; the reason of a stop, or what tells that somebody has mounted the union: then nothing is kept
 */
export async function keep(
  { at, rescue, finding, kept, pace, free }: RepairRun,
  spot: SeenSpot,
  { dirfd, name }: Pick<Found, 'dirfd' | 'name'>,
): Promise<Stat> {
  if (rescue === undefined) throw new Error('a repair that needs a rescue directory has none');
  const { prefix } = at.site;
  if (prefix !== undefined && getXattr(dirfd, name, `${prefix}metacopy`) !== undefined) {
    throw new NotCopied('its data was never copied to the upper: there is nothing to rescue');
  }
  const { code, message } = finding;
  const file = { dirfd, name, from: at.pathOf(spot), code, message };
  const judged = stat(dirfd, name);
  let now = judged;
  // A large copy may take minutes.
  const last = (linked: boolean): void => {
    now = refuseChanged(dirfd, name, judged, linked ? 1 : 0);
    free.ask(true);
  };
  kept.push(await keepIn(rescue, file, pace, last));
  return now;
}

/**
 * Runs `body`, which takes a kept file's name away durably, and then takes the overlay's marks off an inode that has one
 * name left: with its origin, a rescued file that came back into an upper would pass for a copy-up of that lower file.
 */
export function takingMarks({ site }: RepairSite, dirfd: number, name: Bytes, body: () => void): void {
  if (site.prefix === undefined || isDirectory(stat(dirfd, name))) {
    body();
    return;
  }
  withFd(openBeneath(dirfd, name, O_PATH | O_NOFOLLOW), (fd) => {
    body();
    if (stat(fd, SELF).nlink === 1) stripInode(site, fd, SELF);
  });
}

import { type LowerLinks, lowerLinks } from '../../scan/overlay/lower-links.js';
import type { IndexEntry, ScanResult } from '../../scan/result.js';
import type { ScanOptions } from '../../scan/scan-options.js';
import type { Bytes } from '../../sys/bytes.js';
import { nobodyHasOpen } from '../../sys/lock.js';
import { O_NOATIME, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, openBeneath, withFd } from '../../sys/open.js';
import { isRegular, type Stat, statIfThere } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import { concernsAll } from '../concerns-all.js';
import { openSite } from '../site.js';
import type { PruneFacts } from './prune-types.js';

/** Looks at each orphan of a scan once more, for what a prune must know. Changes nothing. */
export async function pruneFacts(
  scan: ScanResult,
  disagreements: ReadonlyMap<IndexEntry, string>,
  options: ScanOptions = {},
): Promise<Map<IndexEntry, PruneFacts>> {
  const facts = new Map<IndexEntry, PruneFacts>();
  const orphans = scan.entries.filter(({ state }) => state === 'orphan');
  if (orphans.length === 0) return facts;
  const lower = await linksOf(scan, orphans, options);
  const site = openSite(scan.union);
  try {
    for (const entry of orphans) {
      const index = site.index(entry.branch);
      const now = statIfThere(index, entry.name);
      if (now === undefined) continue;
      facts.set(entry, {
        changed: lastChange(now),
        open: isOpen(index, entry.name, now),
        disagreement: disagreements.get(entry),
        lower: lower.get(entry.name),
      });
    }
  } finally {
    site.close();
  }
  return facts;
}

function linksOf(
  { union }: ScanResult,
  orphans: readonly IndexEntry[],
  options: ScanOptions,
): Promise<Map<Bytes, LowerLinks>> {
  const there = orphans.filter(({ overlay }) => overlay !== undefined && overlay.originExists !== false);
  if (union.format !== 'overlay' || there.length === 0) return Promise.resolve(new Map());
  return lowerLinks(
    union,
    there.map(({ name }) => name),
    options,
  );
}

/** The later of ctime and mtime; a clock that was set back must not make an entry young or old. */
export function lastChange({ ctime, mtime }: Stat): bigint {
  return ctime > mtime ? ctime : mtime;
}

/**
 * Whether somebody has a regular file open, also through a detached overlay; undefined where the kernel gives no
 * lease. What is open of another kind is no data that a removal could take away.
 */
export function isOpen(dirfd: number, name: Bytes, facts: Stat): boolean | undefined {
  if (!isRegular(facts)) return false;
  try {
    return withFd(
      openBeneath(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOATIME),
      (fd) => !nobodyHasOpen(fd),
    );
  } catch (error) {
    // Without the right to open it, on a file system that gives no lease, damaged, encrypted.
    if (isSysError(error) && !concernsAll(error)) return undefined;
    throw error;
  }
}

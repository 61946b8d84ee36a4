import { sameFile } from '../../scan/findings/same-data.js';
import { TEMPORARY_PREFIX } from '../../scan/own-marks.js';
import type { RepairAction, ReplacedName } from '../../scan/repair-action.js';
import { type Bytes, baseOf, parentOf } from '../../sys/bytes.js';
import { sameInode } from '../../sys/inode-id.js';
import { link, rename, unlink } from '../../sys/names.js';
import { close } from '../../sys/open.js';
import { randomHex } from '../../sys/random-hex.js';
import { type Stat, stat, statIfThere } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import { makeDirectories, openWorkshop } from '../directories.js';
import { TouchedDirectory } from '../touched-directory.js';
import { WaitingDirectories } from '../waiting-directories.js';
import { refuseChanged } from './refuse-changed.js';
import { keep, type RepairRun, takingMarks, within } from './repair-run.js';
import { type Found, type RepairSite, SpotChanged } from './repair-site.js';

/** Gives the names of a group one file: free ones by a link, others by one that takes their place. */
export async function linkGroup(
  run: RepairRun,
  { from, to, replace, directories }: Extract<RepairAction, { kind: 'link' }>,
  source: Found,
): Promise<void> {
  const { site } = run.at;
  const waiting = new WaitingDirectories();
  try {
    for (const directory of directories) {
      const needed = to.some((path) => path.startsWith(`${directory.path}/`));
      if (!needed) continue;
      makeDirectories(site, from.branch, [directory], waiting, (_, error) => {
        if (error !== undefined) throw error;
      });
      if (waiting.full) waiting.syncAll();
    }
  } finally {
    waiting.syncAll();
  }
  for (const path of to) {
    inTouched(run.at, from.branch, path, (dirfd, name) => {
      try {
        link(source.dirfd, source.name, dirfd, name);
      } catch (error) {
        const there = isSysError(error, 'EEXIST') ? statIfThere(dirfd, name) : undefined;
        // An interrupted run made it.
        if (there === undefined || !sameInode(there, from.inode)) throw error;
      }
    });
  }
  for (const name of replace) await replaceName(run, from.branch, source, name);
}

async function replaceName(run: RepairRun, branch: number, source: Found, old: ReplacedName): Promise<void> {
  const { at } = run;
  await within(at.find(old), async (found) => {
    const { dirfd, name } = found;
    const judged = stat(dirfd, name);
    if (old.same) {
      if (!sameFile(source, found)) throw new SpotChanged('is not the same any more, and is kept');
      linkOver(at, branch, source, old.path, judged);
      return;
    }
    const kept = await keep(run, old, found);
    // Another name of it in the upper stays what it is: then a copy is kept.
    if (judged.nlink === 1) takingMarks(at, dirfd, name, () => linkOver(at, branch, source, old.path, kept));
    else linkOver(at, branch, source, old.path, kept);
  });
}

/**
 * Puts a link of a file in the place of a name, durably and at one stroke. What has the name is looked at last of all.
 * An exchange would let it be looked at afterwards too, but until then it had no other name than one that the kernel
 * clears at a mount, and a kill could cost it.
 *
 * @throws SpotChanged where it is not what was judged
 */
function linkOver(at: RepairSite, branch: number, source: Found, path: Bytes, judged: Stat): void {
  const scratch = openWorkshop(at.site, branch);
  const temporary = `${TEMPORARY_PREFIX}${randomHex(8)}` as Bytes;
  try {
    link(source.dirfd, source.name, scratch, temporary);
    try {
      inTouched(at, branch, path, (dirfd, name) => {
        refuseChanged(dirfd, name, judged);
        rename(scratch, temporary, dirfd, name);
      });
    } catch (error) {
      unlink(scratch, temporary);
      throw error;
    }
  } finally {
    close(scratch);
  }
}

function inTouched(
  at: RepairSite,
  branch: number,
  path: Bytes,
  act: (dirfd: number, name: Bytes) => void,
): void {
  const directory = new TouchedDirectory(at.site, branch, parentOf(path));
  try {
    act(directory.fd, baseOf(path));
  } finally {
    directory.finish();
  }
}

import type { PlinkMaint } from '../../lock/plink-maint.js';
import type { RawPlink } from '../../scan/aufs/aufs-index.js';
import { lookAtPlink, type MountedRoots } from '../../scan/mounted-aufs/look-at-plinks.js';
import { allPlinks } from '../../scan/mounted-aufs/mounted-aufs-scan.js';
import type { Shown } from '../../scan/walk/mount-walk.js';
import { sameInode } from '../../sys/inode-id.js';
import { unlink } from '../../sys/names.js';
import { withFd } from '../../sys/open.js';
import { statIfThere } from '../../sys/stat.js';
import { fsync, syncfs } from '../../sys/sync.js';
import { PLINK_DIRECTORY } from '../../union/aufs-names.js';
import { openQuietly } from '../../union/open-layer-directory.js';
import type { PlinkRun, Session } from './plink-run.js';

/** Makes the links durable, lets the kernel forget its pseudo-links if it may, and removes those that are whole. */
export function removeWhole(
  session: Session,
  runs: readonly PlinkRun[],
  shown: Shown,
  maint: PlinkMaint,
): void {
  const { roots, outOfSight } = session;
  const plinks = new Map(allPlinks(roots).map((plink) => [keyOf(plink), plink]));
  for (const run of runs) {
    const plink = plinks.get(keyOf(run.before.plink));
    plinks.delete(keyOf(run.before.plink));
    if (plink === undefined || !sameInode(plink.stat, run.before.plink.stat)) {
      run.failure ??= 'the entry is another one than when the work began';
    } else if (run.before.entry.state === 'restorable' || run.before.entry.state === 'complete') {
      run.after = lookAtPlink(roots, plink, shown);
    }
  }
  const whole = runs.filter(isWhole);
  const waiting = runs.some((run) => run.after.mayBeLive && !isWhole(run));
  for (const { layer } of branchesOf(roots, whole)) syncfs(layer.root);
  // While the kernel still needs one pseudo-link it must not forget any: a name that is not linked yet would show,
  // and the next writer would copy up, what the file was before.
  if (!waiting && plinks.size === 0 && !outOfSight && whole.length > 0) maint.clean();
  for (const { layer, runs: own } of branchesOf(roots, whole)) {
    withFd(openQuietly(layer.root, PLINK_DIRECTORY), (fd) => {
      for (const run of own) removeEntry(fd, run);
      fsync(fd);
    });
  }
}

/** Every name was seen to be the entry's inode, its link count says the same, and it is no leftover. */
function isWhole({ after, restored, failure }: PlinkRun): boolean {
  const { entry, names, plink } = after;
  if (failure !== undefined || entry.state !== 'complete') return false;
  if (plink.stat.nlink !== 1 + names.length) return false;
  // A name that the kernel linked at a touch proves that the pseudo-link is one of this mount.
  const blind = after.blind.length > 0 && !after.accounted;
  return entry.aufs?.obstacle === undefined || (restored.length > 0 && !blind);
}

function removeEntry(fd: number, run: PlinkRun): void {
  const { plink } = run.after;
  const now = statIfThere(fd, plink.name);
  if (now === undefined || !sameInode(now, plink.stat) || now.nlink !== plink.stat.nlink) {
    run.failure = 'its links changed while it was looked at';
    return;
  }
  unlink(fd, plink.name);
  run.removed = true;
}

function branchesOf({ layers }: MountedRoots, runs: readonly PlinkRun[]) {
  return layers
    .map((layer) => ({ layer, runs: runs.filter(({ before }) => before.plink.branch === layer.branch) }))
    .filter((each) => each.runs.length > 0);
}

function keyOf({ branch, name }: RawPlink): string {
  return `${branch}/${name}`;
}

import { statPath } from '../../scan/stat-path.js';
import { sameInode } from '../../sys/inode-id.js';
import { SysError } from '../../sys/sys-error.js';
import type { OpenDirectories } from '../../union/open-directories.js';
import { concernsAll } from '../concerns-all.js';
import { linkFailure } from '../link-failure.js';
import { touchName } from './mounted-aufs-touch.js';
import type { PlinkRun, Session } from './plink-run.js';

/**
 * Lets the kernel link every missing name of one pseudo-link, and looks on the branch whether it did.
 *
 * @returns false where the time is up
 * @throws SysError where the branch as a whole refuses
 */
export function linkNames({ roots, expired }: Session, directories: OpenDirectories, run: PlinkRun): boolean {
  const { entry, plink } = run.before;
  const layer = roots.layers[plink.branch];
  if (entry.state !== 'restorable') return !expired();
  for (const { path } of entry.missing) {
    if (expired()) return false;
    try {
      if (touchName(roots.mount, path, plink.plink?.unionInode ?? 0n, directories)) run.restored.push(path);
    } catch (error) {
      if (!(error instanceof SysError) || concernsAll(error)) throw error;
      run.failure = linkFailure(error);
      break;
    }
    const there = layer && statPath(layer.root, path, directories);
    if (there !== undefined && sameInode(there, plink.stat)) continue;
    // Another name of the same entry would go the same way.
    if (run.restored.at(-1) === path) run.restored.pop();
    run.failure = `the kernel did not link /${path} to it: it may be a leftover of an earlier mount`;
    break;
  }
  return true;
}

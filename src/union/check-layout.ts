import { Problem } from '../problem.js';
import { inodeKey, sameInode } from '../sys/inode-id.js';
import { ancestorsInMount, type BranchDirectory } from './branch-directory.js';

/**
 * Refuses directories that no union can be made of, by the kernel's own rules: none twice, none inside of another on the
 * same mount (aufs' test_overlap; overlay's ovl_check_layer and ovl_workdir_ok in fs/overlayfs/super.c). An overlay's
 * upper and work may lie inside of a lower: see `layerTraps`.
 *
 * @param branches - top first; an overlay's upper is the first
 * @param work - overlay's work directory
 * @throws Problem `usage`
 */
export function checkLayout(branches: readonly BranchDirectory[], work: BranchDirectory | undefined): void {
  const all = work === undefined ? branches : [...branches, work];
  const isUpperOrWork = (each: BranchDirectory): boolean =>
    work !== undefined && (each === work || each === branches[0]);
  for (const [index, a] of all.entries()) {
    const twin = all.slice(0, index).find((b) => sameInode(a, b));
    if (twin !== undefined) {
      throw new Problem('usage', 'same-directory', `${twin.what} and ${a.what} are the same directory`, {
        path: a.path,
      });
    }
  }
  for (const inner of all) {
    const above = ancestorsInMount(inner);
    const around = isUpperOrWork(inner) ? all.filter(isUpperOrWork) : all;
    const outer = around.find((other) => other !== inner && above.has(inodeKey(other)));
    if (outer !== undefined) {
      throw new Problem('usage', 'nested-directories', `${inner.what} lies inside of ${outer.what}`, {
        path: inner.path,
      });
    }
  }
  const upper = branches[0];
  if (work !== undefined && upper !== undefined && work.dev !== upper.dev) {
    throw new Problem(
      'usage',
      'work-elsewhere',
      'the upper and the work directory are on different file systems',
      {
        path: work.path,
        hint: 'an overlay takes its work directory on the upper’s own file system: is this the right one?',
      },
    );
  }
}

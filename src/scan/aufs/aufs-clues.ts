import type { Bytes } from '../../sys/bytes.js';
import { type Judged, removedFor } from './aufs-evidence.js';
import type { Likeness } from './aufs-likeness.js';
import type { RemovedFile } from './aufs-upper-names.js';
import type { LowerNames } from './lower-plink-names.js';
import type { Namesake } from './namesake.js';

/** Lower files told of with an entry that nothing proves; more would not help anybody to decide. */
const MOST = 3;

/** The lower files that an unproved entry may be the copy of: those it is like, or else those that lost a name. */
export function suspected(judged: Judged): Namesake[] {
  const { plink, candidates } = judged;
  const whole = candidates.filter(({ likeness: { degree } }) => degree === 'whole' || degree === 'same');
  const likely = whole.length > 0 ? whole : candidates;
  if (likely.length > 0) return likely.slice(0, MOST).map(({ file }) => file);
  const { mode, uid, gid } = plink.stat;
  const near = removedFor(judged).filter(
    ({ file: { stat } }) => stat.mode === mode && stat.uid === uid && stat.gid === gid,
  );
  return near.slice(0, MOST).map(({ file }) => file);
}

/**
 * One line for each file that an unproved entry may be the copy of, with the names it would then have.
 *
 * @param namesOf - what is visible of a lower file
 */
export function clues(judged: Judged, namesOf: (file: Namesake) => LowerNames | undefined): string[] {
  const files = suspected(judged);
  if (files.length === 0) return [];
  const removed = removedFor(judged);
  return files.map((file) => {
    const same = (other: Namesake): boolean =>
      other.branch === file.branch && other.dev === file.dev && other.ino === file.ino;
    const like = judged.candidates.find((each) => same(each.file))?.likeness;
    const gone = removed.find((each) => same(each.file));
    const visible = namesOf(file)?.visible.map(({ path }) => path) ?? [];
    return `perhaps ${listed(visible)} (lower inode ${file.ino}${told(like)}${removedNames(gone)})`;
  });
}

function listed(paths: readonly Bytes[]): string {
  if (paths.length === 0) return 'a file without a visible name';
  const sorted = [...paths].sort();
  const more = sorted.length - MOST;
  const shown = sorted.slice(0, MOST).map((path) => `/${path}`);
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}

function told(like: Likeness | undefined): string {
  if (like === undefined) return '';
  const rights = like.sameRights ? ', mode and owner the same' : '';
  if (like.twin) return `: size and time the same${rights}`;
  switch (like.degree) {
    case 'same':
      return `: content the same${rights}`;
    case 'whole':
      return `: its content is the start of the entry's${rights}`;
    default:
      return `: ${Math.floor(like.share * 100)} % of its content is in the entry${rights}`;
  }
}

function removedNames(removed: RemovedFile | undefined): string {
  if (removed === undefined) return '';
  return `; removed: ${listed(removed.names)}`;
}

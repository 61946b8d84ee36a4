import { joinBytes } from '../../sys/bytes.js';
import { close } from '../../sys/open.js';
import { SysError } from '../../sys/sys-error.js';
import { WHITEOUT_PREFIX } from '../../union/aufs-names.js';
import { openLayerPath } from '../../union/open-layer-directory.js';
import type { LayerDirectory } from '../../union/view-rules.js';
import type { WalkDirectory } from '../walk/walk-visitor.js';
import type { LowerNotes, NotedName, NotedPlace } from './lower-notes.js';
import type { LowerPlinkNames } from './lower-plink-names.js';

/** Tells a second walk's visitor of the wanted names in directories that the first has read, as if it came there. */
export function meetNoted(notes: LowerNotes, lower: LowerPlinkNames): void {
  for (const place of notes.among((branch) => lower.wanted(branch))) {
    const names = place.names.filter((each) => !isMetAsCovered(place, each, lower));
    if (names.length > 0) meetOthers(place, names, lower);
  }
}

/** The name of a lower file below an entry's own name was looked at when that one was. */
function isMetAsCovered(
  { directory, position, covered }: NotedPlace,
  { name, inode }: NotedName,
  lower: LowerPlinkNames,
): boolean {
  const { layer, real } = directory.stack[position] as LayerDirectory;
  const file = covered.find(
    ({ branch, ino, path }) => branch === layer.branch && ino === inode && path === joinBytes(real, name),
  );
  return file !== undefined && lower.meetCovered(directory, file);
}

function meetOthers(
  { directory, position }: NotedPlace,
  names: readonly NotedName[],
  lower: LowerPlinkNames,
): void {
  const stack: LayerDirectory[] = [];
  try {
    for (const [i, each] of directory.stack.entries()) {
      const isAsked = i === position || (i < position && each.names === undefined);
      stack.push({ ...each, fd: isAsked ? openLayerPath(each.layer, each.real) : NOT_OPEN });
    }
    const opened: WalkDirectory = { ...directory, stack };
    for (const { name, inode } of names) {
      if (!name.startsWith(WHITEOUT_PREFIX)) lower.onName(opened, position, name, inode);
    }
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    const { layer } = directory.stack[stack.length] ?? (directory.stack[position] as LayerDirectory);
    lower.onUnreadable({ path: directory.path, branch: layer.branch, code: error.code });
  } finally {
    for (const { fd } of stack) if (fd !== NOT_OPEN) close(fd);
  }
}

/** Of a directory that nothing is asked of: all of its names are known. */
const NOT_OPEN = -1;

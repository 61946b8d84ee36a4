import type { MountedEntry, ShownName } from '../scan/mounted-aufs/mounted-aufs-entry.js';
import type { RecordedOrigin } from '../scan/recorded.js';
import { statPath } from '../scan/stat-path.js';
import type { Layer } from '../union/view-rules.js';
import type { Observation } from './merge.js';
import { recordedOrigin } from './recorded-origin.js';

/** What a mounted aufs tells of one pseudo-link: the names that show its number, and its file. */
export function observeMounted(layers: readonly Layer[], look: MountedEntry): Observation {
  const { entry, names, blind, plink } = look;
  if (plink.plink === undefined || entry.state === 'damaged') {
    return { sees: 'nothing', reason: entry.reason ?? entry.state };
  }
  if (names.length === 0 && blind.length === 0) return { sees: 'none' };
  if (entry.state !== 'restorable' && entry.state !== 'complete') {
    return { sees: 'nothing', reason: entry.reason ?? entry.state };
  }
  const paths = names.map(({ path }) => path);
  const lowers = names.filter(({ is }) => is === 'lower');
  if (lowers.length === 0) {
    const obstacle = entry.aufs?.obstacle;
    return obstacle === undefined
      ? { sees: 'names', names: paths, origin: undefined }
      : { sees: 'nothing', reason: obstacle };
  }
  if (!names.some(({ is }) => is === 'entry') && lowers.every((name) => isItsLower(layers, name))) {
    const reason = 'it differs in nothing from the lower file: its number may be that of an earlier mount';
    return { sees: 'nothing', reason };
  }
  const origins = lowers.map(({ at }) => {
    const layer = layers[at.branch];
    return layer === undefined ? undefined : recordedOrigin(layer, at.path, paths);
  });
  const [origin] = origins;
  if (origin === undefined) return { sees: 'nothing', reason: 'its lower file system has no file handles' };
  if (!origins.every((each) => each !== undefined && isSame(each, origin))) {
    return { sees: 'nothing', reason: 'its names lead to two different lower files' };
  }
  return { sees: 'names', names: paths, origin };
}

/** Whether what the mount shows under a lower name may be the lower file itself. */
function isItsLower(layers: readonly Layer[], { at, shown }: ShownName): boolean {
  const layer = layers[at.branch];
  const lower = layer === undefined ? undefined : statPath(layer.root, at.path);
  return (
    lower !== undefined &&
    lower.size === shown.size &&
    lower.mtime === shown.mtime &&
    lower.mode === shown.mode &&
    lower.uid === shown.uid &&
    lower.gid === shown.gid
  );
}

function isSame(a: RecordedOrigin, b: RecordedOrigin): boolean {
  return a.branch === b.branch && a.file === b.file;
}

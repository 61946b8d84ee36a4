import { ascii } from '../../sys/bytes.js';
import { withFd } from '../../sys/open.js';
import { namesIn } from '../../sys/record-names.js';
import { getXattr } from '../../sys/xattr.js';
import { openQuietly } from '../../union/open-layer-directory.js';
import type { OverlayUnion } from '../../union/union.js';
import type { Layer } from '../../union/view-rules.js';
import { RUNNING_XATTR } from '../own-marks.js';
import type { Blocked } from '../result.js';
import { ZERO_UUID } from './handle-uuids.js';
import type { SharedUuid } from './shared-uuid.js';

const SELF = ascii('');

/**
 * Why nothing may be made of the entries of an overlay whose lowers share a UUID. Live systems stack many squashfs,
 * and the kernel keeps no index there: with neither entries nor an interrupted run there is nothing to be refused.
 *
 * @param upper - descriptor of the upper's root
 * @param index - descriptor of `work/index`
 * @param lowers - the searched ones
 */
export function uuidConflict(
  union: OverlayUnion,
  upper: number,
  index: number | undefined,
  lowers: readonly Layer[],
  [shared]: readonly SharedUuid[],
): Blocked | undefined {
  if (shared === undefined) return undefined;
  if (!hasEntries(index) && getXattr(upper, SELF, RUNNING_XATTR) === undefined) return undefined;
  const [first, second] = shared.lowers.map((at) => lowers[at]?.path);
  const none = shared.uuid.equals(ZERO_UUID);
  const unmounted = union.mounted === undefined ? '' : 'once it is unmounted, ';
  const other = none ? '' : ', or give the file system that was added since a UUID of its own';
  return {
    code: 'uuid-conflict',
    message: `${first} and ${second} are two file systems ${none ? 'without a UUID' : `with the UUID ${dashed(shared.uuid)}`}: nothing tells which of them an entry's file is on`,
    remedy: `${unmounted}give only the lowers that the entries were made over${other}`,
  };
}

function hasEntries(index: number | undefined): boolean {
  if (index === undefined) return false;
  // By a descriptor of its own: a scan is to read the other from its beginning.
  const names = withFd(openQuietly(index, SELF), namesIn);
  // `#…` are overlay's own temporaries.
  return names.some((name) => !name.startsWith('#'));
}

/** As blkid(8) prints it. */
function dashed(uuid: Buffer): string {
  return uuid.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

import { Problem } from '../../problem.js';
import type { Report } from '../../report/report.js';
import type { Bytes } from '../../sys/bytes.js';
import { resolveTarget } from '../../union/target.js';
import type { AufsUnion } from '../../union/union.js';
import { throughMount } from '../through-mount.js';
import type { Helper } from './helper.js';

/**
 * The aufs mounted at a path.
 *
 * @throws Problem where there is none
 */
export function mountedAufs({ context }: Helper, mountpoint: Bytes): AufsUnion {
  const union = resolveTarget({ mountpoint }, context.kernelRoot);
  if (union.format === 'aufs' && union.mounted !== undefined) return union;
  throw new Problem('operational', 'not-a-union', 'no aufs is mounted here', { path: mountpoint });
}

/** Flushes a mounted aufs for a helper; where nothing is mounted there is nothing to flush. */
export async function flushMountedAufs(helper: Helper, mountpoint: Bytes): Promise<Report | undefined> {
  const { settings, context } = helper;
  if (settings.goal === 'nothing') return undefined;
  let union: AufsUnion;
  try {
    union = mountedAufs(helper, mountpoint);
  } catch (error) {
    // mount and umount themselves say best what is wrong with a mount point.
    if (error instanceof Problem && ['not-a-union', 'no-upper', 'not-mounted'].includes(error.code)) return;
    throw error;
  }
  return throughMount(union, { goal: settings.goal, wait: settings.wait, dryRun: false }, context);
}

import type { Report } from '../report/report.js';
import type { Union } from '../union/union.js';
import type { Context } from './context.js';
import { mendMountedAufs } from './mounted-aufs.js';
import { mendMountedOverlay } from './mounted-overlay.js';
import type { MountedRun } from './mounted-run.js';

/** Restores the links of a mounted union, where the kernel must make them. */
export async function throughMount(union: Union, run: MountedRun, context: Context): Promise<Report> {
  if (union.format === 'overlay') return mendMountedOverlay(union, run, context);
  return mendMountedAufs(union, run, context);
}

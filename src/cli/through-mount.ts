import { Problem } from '../problem.js';
import type { Report } from '../report/report.js';
import type { Union } from '../union/union.js';
import type { Context } from './context.js';

/** Restores the links of a mounted union, where the kernel must make them. */
export async function throughMount(
  union: Union,
  goal: 'restore' | 'flush',
  context: Context,
): Promise<Report> {
  void context;
  throw new Problem('busy', 'mounted', `the union is mounted, and ${goal} needs it unmounted`, {
    path: union.mounted?.path,
    hint: 'unmount it first',
  });
}

import { enterMaintenance } from '../lock/maintenance.js';
import type { Union } from '../union/union.js';
import type { Context } from './context.js';

/**
 * Runs `body` while this process holds the union's maintenance mode.
 *
 * @param wait - seconds to wait for it; undefined: not at all
 */
export async function underMaintenance<T>(
  union: Union,
  command: string,
  wait: number | undefined,
  context: Context,
  body: () => Promise<T>,
): Promise<T> {
  const maintenance = await enterMaintenance(union, {
    command,
    wait,
    signal: context.signal,
    onWait: (problem) => context.notice({ level: 'notice', text: `${problem.message}; waiting` }),
  });
  for (const text of maintenance.notes) context.notice({ level: 'notice', text });
  try {
    return await body();
  } finally {
    context.progress.end();
    maintenance.release();
  }
}

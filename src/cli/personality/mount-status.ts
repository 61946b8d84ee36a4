import type { Ending } from './helper.js';
import type { HelperSettings } from './settings.js';

/** Exit codes of mount(8) and umount(8). */
export const mountStatus = { done: 0, usage: 1, system: 2, interrupted: 8, failure: 32 } as const;

/**
 * What a helper of mount(8) ends with, as far as the flush has a say; 0 lets it go on. A flush that did not get to
 * its end loses nothing, so only who asks for it has his unmounting refused for that.
 */
export function statusOf(ending: Ending, { strict }: HelperSettings): number {
  if (ending === 'interrupted') return mountStatus.interrupted;
  if (ending === 'done' || ending === 'in-use' || !strict) return mountStatus.done;
  if (ending === 'usage') return mountStatus.usage;
  return ending === 'failed' ? mountStatus.system : mountStatus.failure;
}

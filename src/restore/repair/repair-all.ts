import type { Bytes } from '../../sys/bytes.js';
import type { Union } from '../../union/union.js';
import { Pace } from '../pace.js';
import { openRescue } from '../rescue/rescue.js';
import { StillFree } from '../still-free.js';
import { carryOut, type Repair, type RepairOutcome } from './repair-apply.js';
import { openRepairSite, type RepairSite } from './repair-site.js';

/** What a series of repairs heeds. */
export interface RepairsOptions {
  /** Ends it between two repairs, or between two pieces of a file that is copied: then nothing of that repair is done. */
  readonly signal: AbortSignal;
  /** Throws where somebody has mounted the union; asked again and again. */
  readonly stillFree: () => void;
  readonly onProgress?: (progress: { readonly repairs: number; readonly total: number }) => void;
}

/**
 * Carries out repairs one after the other; what was done is durable, also where the signal or an error ends it early.
 *
 * @param rescue - the directory; undefined where no repair needs one
 * @param done - takes what became of each that it came to
 * @throws Problem operational where the file system refuses in a way that concerns every repair, or what `stillFree` throws
 */
export async function repairAll(
  union: Union,
  rescue: Bytes | undefined,
  repairs: readonly Repair[],
  done: RepairOutcome[],
  options: RepairsOptions,
): Promise<void> {
  const opened = rescue === undefined ? undefined : openRescue(rescue, union);
  let site: RepairSite | undefined;
  try {
    site = openRepairSite(union);
    try {
      await oneByOne(site, opened, repairs, done, options);
    } catch (error) {
      syncQuietly(site);
      throw error;
    }
    site.sync();
  } finally {
    site?.close();
    opened?.close();
  }
}

async function oneByOne(
  at: RepairSite,
  rescue: ReturnType<typeof openRescue> | undefined,
  repairs: readonly Repair[],
  done: RepairOutcome[],
  { signal, stillFree, onProgress }: RepairsOptions,
): Promise<void> {
  let count = 0;
  const pace = new Pace({ signal, onBreath: () => onProgress?.({ repairs: count, total: repairs.length }) });
  const free = new StillFree(stillFree);
  try {
    for (const repair of repairs) {
      signal.throwIfAborted();
      if (pace.due) await pace.breathe();
      const { kind } = repair.action;
      free.ask(kind === 'link' || kind === 'rescue');
      done.push(await carryOut({ at, rescue, pace, free }, repair));
      count += 1;
    }
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
  }
}

/** What ended the repairs explains more than what fails here. */
function syncQuietly(site: RepairSite): void {
  try {
    site.sync();
  } catch {}
}

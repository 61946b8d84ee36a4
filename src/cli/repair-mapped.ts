import { Problem } from '../problem.js';
import { apply } from '../restore/apply.js';
import { mappedPlan } from '../restore/repair/mapped-plan.js';
import type { RepairOutcome } from '../restore/repair/repair-apply.js';
import { unnamedInodes } from '../scan/aufs/xino-image.js';
import { xinoNames } from '../scan/aufs/xino-map.js';
import { type MappedEntry, mappedEntries } from '../scan/mapped-entries.js';
import type { Finding, ScanResult } from '../scan/result.js';
import type { Bytes } from '../sys/bytes.js';
import { shown } from '../words/shown.js';
import type { Context } from './context.js';
import { entriesOf } from './map-file.js';

/** What a map says of the entries, as the branches bear it out; and what carries it out. */
export interface MappedRepair {
  /** One for each entry of the map: what would be done, or why not. */
  readonly told: readonly RepairOutcome[];
  carryOut(stillFree: () => void): Promise<RepairOutcome[]>;
}

/** What `--map` gave, or the tables of `--image`. */
export interface NameMap {
  readonly file: Bytes;
  readonly names: ReadonlyMap<Bytes, readonly Bytes[]>;
}

/** Asks the inode tables in an image for the names of every pseudo-link. */
export async function mapOfImage(scan: ScanResult, image: Bytes, { signal }: Context): Promise<NameMap> {
  const { union } = scan;
  if (union.format !== 'aufs') {
    throw new Problem('usage', 'no-aufs', '--image is for an aufs: an overlay keeps no such tables', {
      path: image,
    });
  }
  const { found, names } = await xinoNames(union, scan, unnamedInodes(image), { signal });
  if (!found) {
    throw new Problem(
      'operational',
      'no-tables',
      'holds no inode table of the mount that made these entries',
      {
        path: image,
        hint: 'they are gone once the file system was mounted or checked after the crash; an older copy of the device may have them',
      },
    );
  }
  const open = scan.entries.filter(({ state }) => state !== 'restorable' && state !== 'complete');
  return {
    file: image,
    names: new Map([...names].filter(([name]) => open.some((entry) => entry.name === name))),
  };
}

/** Verifies what a person says of entries. Reads only. */
export async function mappedRepair(
  scan: ScanResult,
  { file, names }: NameMap,
  { signal, notice }: Context,
): Promise<MappedRepair> {
  const map = entriesOf(names, scan.entries, file);
  const known = new Set([...map.keys()].map(({ name }) => name));
  for (const name of names.keys()) {
    // An earlier run with the same map may have placed it.
    if (!known.has(name)) notice({ level: 'notice', text: `no entry has the name ${shown(name)}` });
  }
  const mapped = await mappedEntries(scan, map, { signal });
  return {
    told: mapped.map((each) => ({
      finding: findingOf(each),
      done: false,
      reason: each.refusal ?? each.obstacle,
      kept: [],
    })),
    async carryOut(stillFree) {
      const outcome = await apply(mappedPlan(scan, mapped), { signal, stillFree });
      return outcome.entries.flatMap(({ entry, removed, restored, reason }) => {
        const each = mapped.find((one) => one.entry === entry);
        if (each === undefined) return [];
        // With one name linked, the next scan proves the others that its lower file has.
        const done = removed || restored.length > 0;
        return [{ finding: findingOf(each), done, reason, kept: [] }];
      });
    },
  };
}

function findingOf({ entry, link }: MappedEntry): Finding {
  return {
    code: 'mapped',
    severity: 'note',
    path: entry.name,
    message: `stands for ${[...entry.names, ...link].map((path) => `/${path}`).join(', ')}, as the map says`,
    remedy: '',
    safe: false,
  };
}

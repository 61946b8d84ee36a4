import { type LowerLinks, lowerLinks } from '../overlay/lower-links.js';
import type { Finding, ScanResult } from '../result.js';
import type { ScanOptions } from '../scan-options.js';

/**
 * Entries whose lower file has names that no given lower has. Nothing tells where those are: in a backup or in
 * another image that shares the file, which is nobody's concern, or in a lower that was left out, whose names a
 * flush would part from their group. So it is a note.
 */
export async function namesElsewhereFindings(
  { entries, union }: ScanResult,
  options: ScanOptions,
): Promise<Finding[]> {
  if (union.format !== 'overlay') return [];
  const doubtful = entries.filter(
    ({ state, names, missing, overlay }) =>
      (state === 'restorable' || state === 'complete') &&
      (overlay?.lowerNlink ?? 0) > names.length + missing.length,
  );
  if (doubtful.length === 0) return [];
  const links = await lowerLinks(
    union,
    doubtful.map(({ name }) => name),
    options,
  );
  return doubtful.flatMap(({ name }) => elsewhere(name, links.get(name)));
}

function elsewhere(path: Finding['path'], links: LowerLinks | undefined): Finding[] {
  if (links === undefined || links.seen >= links.nlink) return [];
  const more = links.nlink - links.seen;
  return [
    {
      code: 'names-elsewhere',
      severity: 'note',
      path,
      message: `its lower file has ${more === 1 ? 'one more name' : `${more} more names`}, in none of the given lowers`,
      remedy:
        'make sure that every lower is given that the union is mounted with; then there is nothing to do',
      safe: false,
    },
  ];
}

import type { MappedEntry } from '../../scan/mapped-entries.js';
import type { ScanResult } from '../../scan/result.js';
import type { EntryPlan, Plan } from '../plan-types.js';

/** The plan of what a person said of entries that nothing else proves: link the names, then let the entry go. Pure. */
export function mappedPlan({ union, leftovers }: ScanResult, mapped: readonly MappedEntry[]): Plan {
  const accepted = mapped.filter(({ refusal }) => refusal === undefined);
  return {
    union,
    goal: 'flush',
    directories: accepted
      .flatMap(({ directories }) => directories)
      .filter(({ path }, i, all) => all.findIndex((each) => each.path === path) === i),
    entries: accepted.map(entryPlan),
    kept: mapped.flatMap(({ entry, refusal }) =>
      refusal === undefined ? [] : [{ entry, reason: refusal, attention: true }],
    ),
    leftovers,
  };
}

function entryPlan({ entry, link, obstacle }: MappedEntry): EntryPlan {
  const seen = 1 + entry.names.length;
  const reason =
    obstacle ??
    (entry.inode.nlink === seen
      ? undefined
      : `the inode has ${entry.inode.nlink} links, and only ${seen} were seen`);
  return {
    entry,
    link,
    nlinkBefore: undefined,
    nlinkAfter: undefined,
    hydrate: false,
    remove: reason === undefined,
    obstacle: reason,
    linksAfter: seen + link.length,
  };
}

import type { JsonObject } from '../words/json.js';
import { pathJson } from '../words/path-json.js';
import { sentence } from '../words/shown.js';
import type { EntryView } from './entry-view.js';

/** One element of the JSON document's `entries`. */
export function entryJson({ entry, restored, removed, reason }: EntryView): JsonObject {
  return {
    name: pathJson(entry.name),
    branch: entry.branch,
    kind: entry.kind,
    state: entry.state,
    atRisk: entry.atRisk,
    upper: { dev: `${entry.inode.dev}`, ino: `${entry.inode.ino}`, nlink: entry.inode.nlink },
    names: entry.names.map(pathJson),
    missing: entry.missing.map(({ path }) => pathJson(path)),
    restored: restored.map(pathJson),
    removed,
    reason: reason === undefined ? null : sentence(reason),
    evidence: entry.evidence.length === 0 ? null : entry.evidence.map(sentence),
  };
}

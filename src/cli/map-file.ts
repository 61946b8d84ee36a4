import { Problem } from '../problem.js';
import { readInput } from '../read-input.js';
import type { IndexEntry } from '../scan/result.js';
import { type Bytes, bytesFromText, bytesOf, componentsOf, toBuffer } from '../sys/bytes.js';
import { shown } from '../words/shown.js';
import { splitWords } from './split-words.js';

/**
 * Reads which names entries stand for: JSON `{ "ENTRY": ["name", { "b64": "…" }] }`, or a line for each entry,
 * `ENTRY NAME…`, quoted as for a shell, `#` begins a comment.
 *
 * @throws Problem usage naming what cannot be read
 */
export function readMap(file: Bytes): Map<Bytes, Bytes[]> {
  const text = readInput(file);
  const pairs = /^\s*\{/.test(text) ? fromJson(text, file) : fromLines(text, file);
  const map = new Map<Bytes, Bytes[]>();
  for (const [entry, names] of pairs) {
    map.set(entry, [...(map.get(entry) ?? []), ...names.map((name) => relative(name, file))]);
  }
  return map;
}

/**
 * Finds the entries that a map speaks of, as far as they are there.
 *
 * @throws Problem usage for a name that more than one entry has
 */
export function entriesOf(
  map: ReadonlyMap<Bytes, readonly Bytes[]>,
  entries: readonly IndexEntry[],
  file: Bytes,
): Map<IndexEntry, readonly Bytes[]> {
  const found = new Map<IndexEntry, readonly Bytes[]>();
  for (const [name, names] of map) {
    const [entry, another] = entries.filter((each) => each.name === name);
    if (entry === undefined) continue;
    if (another !== undefined) throw bad(file, `more than one branch has an entry ${shown(name)}`);
    found.set(entry, names);
  }
  return found;
}

function fromLines(text: Bytes, file: Bytes): [Bytes, Bytes[]][] {
  return text.split('\n').flatMap((line, index) => {
    const words = splitWords(line as Bytes);
    // An apostrophe that was meant as one would make two names another one, and that would be linked.
    if (words === undefined) throw bad(file, `line ${index + 1} ends within a quote, or behind a backslash`);
    const [entry, ...names] = words;
    return entry === undefined ? [] : [[entry, names] as [Bytes, Bytes[]]];
  });
}

function fromJson(text: Bytes, file: Bytes): [Bytes, Bytes[]][] {
  let value: unknown;
  try {
    // JSON is UTF-8. A byte that is not would be replaced, and the name with the replacement be linked.
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(toBuffer(text)));
  } catch (error) {
    throw bad(file, `is no JSON: ${(error as Error).message}`);
  }
  return Object.entries(value as Record<string, unknown>).map(([entry, names]) => {
    if (!Array.isArray(names)) throw bad(file, `${entry} has no list of names`);
    return [bytesFromText(entry), names.map((name: unknown) => jsonPath(name, file))];
  });
}

function jsonPath(name: unknown, file: Bytes): Bytes {
  if (typeof name === 'string') return bytesFromText(name);
  if (typeof name === 'object' && name !== null && 'b64' in name && typeof name.b64 === 'string') {
    const bytes = Buffer.from(name.b64, 'base64');
    // Node passes over what is no base64.
    if (bytes.toString('base64') === name.b64) return bytesOf(bytes);
  }
  throw bad(file, 'a name is neither a string nor { "b64": … }');
}

function relative(name: Bytes, file: Bytes): Bytes {
  const parts = componentsOf(name);
  if (parts.length === 0 || parts.some((part) => part === '.' || part === '..' || part.includes('\0'))) {
    throw bad(file, `not a path from the union's root: ${shown(name)}`);
  }
  return parts.join('/') as Bytes;
}

function bad(path: Bytes, message: string): Problem {
  return new Problem('usage', 'bad-map', message, {
    path,
    hint: 'give a line for each entry, ENTRY NAME…, or a JSON object of lists',
  });
}

import type { RecordedBranch, RecordedEntry, RecordedOrigin } from '../scan/recorded.js';
import { type Bytes, bytesFromText, bytesOf } from '../sys/bytes.js';
import { pathJson } from '../words/path-json.js';

const SCHEMA = 'plinkctl-record/1';

/** A record as the text of its file: JSON, big numbers as decimal strings, paths as in `--json`. */
export function recordText(record: RecordedBranch, path: Bytes): string {
  // The same for most entries, and as long as there are branches.
  const layers = [...new Set(record.entries.map((entry) => entry.layers))];
  return `${JSON.stringify(
    {
      schema: SCHEMA,
      written: new Date().toISOString(),
      branch: record.branch,
      path: pathJson(path),
      layers,
      entries: record.entries.map((entry) => ({ ...entryJson(entry), layers: layers.indexOf(entry.layers) })),
    },
    null,
    1,
  )}\n`;
}

function entryJson({ name, file, mode, size, mtime, origin, names, gone, mount }: RecordedEntry) {
  return {
    name: pathJson(name),
    file,
    mode,
    size: `${size}`,
    mtime: `${mtime}`,
    origin:
      origin === undefined
        ? null
        : {
            ...origin,
            size: `${origin.size}`,
            mtime: `${origin.mtime}`,
            paths: origin.paths.map(pathJson),
          },
    names: names.map(pathJson),
    gone,
    mount: mount ?? null,
  };
}

/**
 * Reads the text of a record.
 *
 * @throws Error saying what is wrong with it
 */
export function parseRecord(text: string): RecordedBranch {
  const document = object(JSON.parse(text), 'the record');
  if (document.schema !== SCHEMA) throw new Error(`its schema is ${String(document.schema)}`);
  const layers = list(document.layers, 'layers').map((each) => string(each, 'layers'));
  return {
    branch: string(document.branch, 'branch'),
    entries: list(document.entries, 'entries').map((entry) => parseEntry(entry, layers)),
  };
}

function parseEntry(value: unknown, layers: readonly string[]): RecordedEntry {
  const entry = object(value, 'entry');
  return {
    name: path(entry.name),
    file: id(entry.file),
    mode: integer(entry.mode, 'mode'),
    size: big(entry.size, 'size'),
    mtime: big(entry.mtime, 'mtime'),
    origin: entry.origin === null ? undefined : parseOrigin(object(entry.origin, 'origin')),
    names: list(entry.names, 'names').map(path),
    layers: string(layers[integer(entry.layers, 'layers')], 'layers'),
    gone: entry.gone === true,
    mount: entry.mount === null ? undefined : string(entry.mount, 'mount'),
  };
}

function parseOrigin(origin: Readonly<Record<string, unknown>>): RecordedOrigin {
  return {
    branch: string(origin.branch, 'branch'),
    file: id(origin.file),
    unversioned: origin.unversioned !== false,
    mode: integer(origin.mode, 'mode'),
    uid: integer(origin.uid, 'uid'),
    gid: integer(origin.gid, 'gid'),
    size: big(origin.size, 'size'),
    mtime: big(origin.mtime, 'mtime'),
    paths: list(origin.paths, 'paths').map(path),
  };
}

function object(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new Error(`${what} is no object`);
}

function list(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`${what} is no list`);
}

function string(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw new Error(`${what} is no text`);
}

function integer(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new Error(`${what} is no number`);
}

function big(value: unknown, what: string): bigint {
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) return BigInt(value);
  throw new Error(`${what} is no decimal number`);
}

function id(value: unknown): string {
  if (typeof value === 'string' && /^[0-9a-f]+\.[0-9a-f]+$/.test(value)) return value;
  throw new Error('a file is not identified');
}

// What leads out of a branch, or to nothing, was not written by this program.
function path(value: unknown): Bytes {
  const bytes = typeof value === 'string' ? bytesFromText(value) : base64(value);
  if (bytes !== '' && !bytes.includes('\0') && !bytes.split('/').some((part) => /^\.{0,2}$/.test(part))) {
    return bytes;
  }
  throw new Error('a path is not one inside of a branch');
}

function base64(value: unknown): Bytes {
  return bytesOf(Buffer.from(string(object(value, 'path').b64, 'b64'), 'base64'));
}

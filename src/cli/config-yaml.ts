import { isUtf8 } from 'node:buffer';
import type { Document, LineCounter, Node } from 'yaml';
import { Problem } from '../problem.js';
import { type Bytes, bytesFromText, bytesOf, toBuffer } from '../sys/bytes.js';
import type { TargetWords } from '../union/target.js';
import { shown } from '../words/shown.js';
import { duration } from './duration.js';
import { nearest } from './nearest.js';
import { relativeBranch } from './relative-branch.js';
import type { UnionPolicy } from './union-policy.js';

/** A union as the configuration names it. */
export interface ConfiguredUnion {
  readonly words: TargetWords;
  readonly policy: UnionPolicy;
}

/** A value of the file, and where it stands. */
interface Place {
  readonly value: Node | null;
  /** From 1. */
  readonly line: number;
}

type Fields = ReadonlyMap<string, Place>;

const unionKeys = ['mountpoint', 'fstab', 'format', 'upper', 'lowers', 'work', 'options', 'policy'];
const policyKeys = ['min-age', 'rescue', 'mode'];

/**
 * A configuration in YAML.
 *
 * @throws Problem `usage` `bad-config`, with the line of what is wrong
 */
export async function parseConfigYaml(text: Bytes, path: Bytes): Promise<ConfiguredUnion[]> {
  // Few starts read YAML, and the parser is as large as all the rest of the program.
  const yaml = await import('yaml');
  const counter = new yaml.LineCounter();
  const source = fromUtf8(text, path);
  const documents = yaml.parseAllDocuments(source, { lineCounter: counter, customTags: ['binary'] });
  return (Array.isArray(documents) ? documents : []).flatMap((document) =>
    new Reader(yaml, document, counter, path).read(),
  );
}

/** A byte that is no UTF-8 would be replaced, and the path with the replacement be another directory. */
function fromUtf8(text: Bytes, path: Bytes): string {
  const bad = text.split('\n').findIndex((line) => !isUtf8(toBuffer(line as Bytes)));
  if (bad < 0) return toBuffer(text).toString('utf8');
  throw new Problem('usage', 'bad-config', `line ${bad + 1}: is not UTF-8`, {
    path,
    hint: 'write a path with such bytes as !!binary, in base64',
  });
}

class Reader {
  readonly #yaml: typeof import('yaml');
  readonly #document: Document.Parsed;
  readonly #counter: LineCounter;
  readonly #path: Bytes;

  constructor(yaml: typeof import('yaml'), document: Document.Parsed, counter: LineCounter, path: Bytes) {
    this.#yaml = yaml;
    this.#document = document;
    this.#counter = counter;
    this.#path = path;
  }

  read(): ConfiguredUnion[] {
    const [error] = [...this.#document.errors, ...this.#document.warnings];
    if (error !== undefined) {
      throw this.#bad(
        error.message.replace(/ at line[\s\S]*$/, ''),
        this.#counter.linePos(error.pos[0]).line,
      );
    }
    const root = { value: this.#document.contents, line: 1 };
    if (root.value === null || (this.#yaml.isScalar(root.value) && root.value.value === null)) return [];
    const fields = this.#fields(root, ['policy', 'unions'], 'the configuration');
    const policy = this.#policy(fields.get('policy'), {});
    const unions = fields.get('unions');
    return unions === undefined ? [] : this.#list(unions, 'unions').map((each) => this.#union(each, policy));
  }

  #union(place: Place, above: UnionPolicy): ConfiguredUnion {
    const fields = this.#fields(place, unionKeys, 'a union');
    const path = (key: string): Bytes | undefined =>
      this.#optional(fields, key, (each) => this.#absolute(each, key));
    const words: TargetWords = {
      mountpoint: path('mountpoint'),
      upper: path('upper'),
      work: path('work'),
      lowers: this.#optional(fields, 'lowers', (each) =>
        this.#oneOrMore(each, 'lowers').map((lower) => this.#absolute(lower, 'lowers')),
      ),
      options: this.#optional(fields, 'options', (each) =>
        this.#oneOrMore(each, 'options').map((option) => this.#text(option, 'options')),
      ),
      format: this.#optional(fields, 'format', (each) => this.#choice(each, 'format', ['aufs', 'overlay'])),
      fstab: this.#optional(fields, 'fstab', (each) => this.#fstab(each)),
    };
    const { mountpoint, upper, options } = words;
    if (mountpoint === undefined && upper === undefined && options === undefined) {
      throw this.#bad('a union needs mountpoint, upper and lowers, or options', place.line);
    }
    const relative = relativeBranch(options ?? []);
    if (relative !== undefined) {
      const line = fields.get('options')?.line ?? place.line;
      throw this.#bad(`options must name branches by absolute paths: ${shown(relative)} is none`, line);
    }
    if (mountpoint !== undefined && upper !== undefined) {
      throw this.#bad('a union is named by its mountpoint or by its branches, not by both', place.line);
    }
    if (upper !== undefined && (words.lowers ?? []).length === 0) {
      throw this.#bad('a union with upper needs lowers', fields.get('lowers')?.line ?? place.line);
    }
    if (words.fstab !== undefined && mountpoint === undefined) {
      throw this.#bad('fstab needs the mountpoint to look for', place.line);
    }
    return { words, policy: this.#policy(fields.get('policy'), above) };
  }

  #policy(place: Place | undefined, above: UnionPolicy): UnionPolicy {
    if (place === undefined) return above;
    const fields = this.#fields(place, policyKeys, 'a policy');
    return {
      minAge: this.#optional(fields, 'min-age', (each) => this.#duration(each)) ?? above.minAge,
      rescue: this.#optional(fields, 'rescue', (each) => this.#absolute(each, 'rescue')) ?? above.rescue,
      mode:
        this.#optional(fields, 'mode', (each) => this.#choice(each, 'mode', ['strict', 'best-effort'])) ??
        above.mode,
    };
  }

  #duration(place: Place): string {
    const value = this.#scalar(place, 'min-age');
    const text = typeof value === 'number' ? String(value) : this.#text(place, 'min-age');
    try {
      duration('min-age', text);
    } catch (error) {
      throw error instanceof Problem ? this.#bad(error.message, place.line) : error;
    }
    return text;
  }

  #fstab(place: Place): Bytes {
    return this.#scalar(place, 'fstab') === true ? ('' as Bytes) : this.#absolute(place, 'fstab');
  }

  #optional<T>(fields: Fields, key: string, read: (place: Place) => T): T | undefined {
    const place = fields.get(key);
    return place === undefined ? undefined : read(place);
  }

  #fields(place: Place, keys: readonly string[], what: string): Fields {
    const { value, line } = this.#resolved(place);
    if (!this.#yaml.isMap(value)) throw this.#bad(`${what} must be a mapping with ${keys.join(', ')}`, line);
    const fields = new Map<string, Place>();
    for (const { key, value: item } of value.items) {
      const name = this.#yaml.isScalar(key) ? String(key.value) : '?';
      const at = this.#lineOf(key, line);
      if (!keys.includes(name)) {
        const near = nearest(name, keys);
        const hint = near === undefined ? `it may have ${keys.join(', ')}` : `did you mean ${near}?`;
        throw this.#bad(`${what} has no ${name}: ${hint}`, at);
      }
      fields.set(name, { value: item as Node | null, line: this.#lineOf(item, at) });
    }
    return fields;
  }

  #list(place: Place, what: string): Place[] {
    const { value, line } = this.#resolved(place);
    if (this.#yaml.isScalar(value) && value.value === null) return [];
    if (!this.#yaml.isSeq(value)) throw this.#bad(`${what} must be a list`, line);
    return value.items.map((item) => ({ value: item as Node, line: this.#lineOf(item, line) }));
  }

  #oneOrMore(place: Place, what: string): Place[] {
    return this.#yaml.isSeq(this.#resolved(place).value) ? this.#list(place, what) : [place];
  }

  #absolute(place: Place, what: string): Bytes {
    const path = this.#text(place, what);
    if (path.startsWith('/')) return path;
    throw this.#bad(`${what} must be an absolute path`, place.line);
  }

  #choice<const T extends string>(place: Place, what: string, choices: readonly T[]): T {
    const value = this.#scalar(place, what);
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    throw this.#bad(`${what} is one of ${choices.join(', ')}`, place.line);
  }

  /** Text is UTF-8; bytes that are not come as `!!binary`. */
  #text(place: Place, what: string): Bytes {
    const value = this.#scalar(place, what);
    const bytes =
      value instanceof Uint8Array ? bytesOf(value) : typeof value === 'string' ? bytesFromText(value) : '';
    if (bytes !== '' && !bytes.includes('\0')) return bytes as Bytes;
    throw this.#bad(`${what} must be text`, place.line);
  }

  #scalar(place: Place, what: string): unknown {
    const { value, line } = this.#resolved(place);
    if (this.#yaml.isScalar(value)) return value.value;
    throw this.#bad(`${what} must be a single value`, line);
  }

  #resolved({ value, line }: Place): Place {
    if (!this.#yaml.isAlias(value)) return { value, line };
    return { value: value.resolve(this.#document) ?? null, line };
  }

  #lineOf(node: unknown, otherwise: number): number {
    const range =
      typeof node === 'object' && node !== null && 'range' in node ? (node.range as number[]) : [];
    const [start] = range ?? [];
    return start === undefined ? otherwise : this.#counter.linePos(start).line;
  }

  #bad(message: string, line: number): Problem {
    return new Problem('usage', 'bad-config', `line ${line}: ${message}`, { path: this.#path });
  }
}

import { type Bytes, joinBytes } from '../../sys/bytes.js';
import { readRecords } from '../../sys/descent.js';
import { NameStack } from '../../sys/name-stack.js';
import { namesAmong } from '../../sys/record-names.js';
import { isDirectory, stat } from '../../sys/stat.js';
import { SysError } from '../../sys/sys-error.js';
import type { LayerDirectory, ViewRules } from '../../union/view-rules.js';
import type { KnownTraits } from './layer-traits.js';
import { endsAtMark, type SiftedName, siftRecords } from './sift-records.js';
import type { WalkFrame } from './walk-frame.js';
import type { WalkProgress, WalkVisitor } from './walk-visitor.js';
import { wasRemoved } from './was-removed.js';

/** Bytes of records, about a thousand: so many names of a higher layer are kept while a merged directory is walked. */
const MAX_HELD = 32 * 1024;

const ENOENT = 2;

/** Reads the layer directories of merged directories. */
export class MergedListing {
  readonly #rules: ViewRules;
  readonly #visitor: WalkVisitor;
  readonly #progress: WalkProgress;
  readonly #traits: KnownTraits;
  readonly #names = new NameStack();

  constructor(rules: ViewRules, visitor: WalkVisitor, progress: WalkProgress, traits: KnownTraits) {
    this.#rules = rules;
    this.#visitor = visitor;
    this.#progress = progress;
    this.#traits = traits;
  }

  /**
   * Tells the visitor of the wanted names in one directory of a frame's stack, and notes its subdirectories in the frame.
   *
   * @returns false where the directory {@link wasRemoved}
   * @throws SysError where the directory cannot be read to its end
   */
  list(frame: WalkFrame, position: number, directory: LayerDirectory): boolean {
    const { fd, layer } = directory;
    const wanted = this.#visitor.wanted(layer.branch);
    const names = this.#names;
    const { marksEnds, foldsCase } = this.#traits.of(layer);
    let held = position < frame.stack.length - 1 && !foldsCase ? new Set<Bytes>() : undefined;
    let read = 0;
    const hits: SiftedName[] = [];
    try {
      for (let ended = false; !ended; ) {
        const length = readRecords(fd);
        if (length === -ENOENT && wasRemoved(fd)) return false;
        if (length < 0) throw new SysError('getdents64', -length);
        if (length === 0) break;
        read += length;
        this.#visitor.onRecords?.(frame, position, length);
        if (read > MAX_HELD) held = undefined;
        if (held !== undefined) for (const name of namesAmong(length)) held.add(name);
        names.cut(0);
        const sifted = siftRecords(length, wanted, this.#rules.hidden, names, this.#progress);
        ended = marksEnds && endsAtMark();
        for (const name of names.namesBetween(0, names.top)) addName(frame, position, name);
        for (const each of sifted) {
          if (each.unknown && isDirectory(stat(fd, each.name))) addName(frame, position, each.name);
          else if (each.counts) hits.push(each);
        }
        if (held === undefined) this.#tell(frame, position, hits);
      }
      if (held !== undefined) frame.stack[position] = { ...directory, names: held };
      return true;
    } finally {
      this.#visitor.onRead?.(frame, position);
      // What is asked about a name beside it, such as its whiteout, is known by now.
      this.#tell(frame, position, hits);
    }
  }

  #tell(frame: WalkFrame, position: number, hits: SiftedName[]): void {
    if (frame.stack[position]?.layer.role !== 'upper') frame.hits += hits.length;
    for (const { name, inode } of hits.splice(0)) this.#tellName(frame, position, name, inode);
  }

  #tellName(frame: WalkFrame, position: number, name: Bytes, inode: bigint | undefined): void {
    try {
      this.#visitor.onName(frame, position, name, inode);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      const branch = frame.stack[position]?.layer.branch ?? 0;
      this.#visitor.onUnreadable({ path: joinBytes(frame.path, name), branch, code: error.code });
    }
  }
}

function addName(frame: WalkFrame, position: number, name: Bytes): void {
  frame.names.push(name);
  frame.positions.push(position);
}

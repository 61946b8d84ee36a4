import type { Bytes } from '../../sys/bytes.js';
import { sameInode } from '../../sys/inode-id.js';
import { isSysError } from '../../sys/sys-error.js';
import { aufsRules } from '../../union/aufs-rules.js';
import type { Layer, Stack } from '../../union/view-rules.js';
import { lackingDirectories, type NameFate, nameFate } from '../name-fate.js';
import { layersId, type RecordedEntry, type UnionRecord } from '../recorded.js';
import type { IndexEntry, MissingDirectory, MissingName } from '../result.js';
import type { RawPlink } from './aufs-index.js';
import type { Proof } from './aufs-proof.js';
import { Testimonies } from './aufs-testimony.js';

/** Lets the record of a union's names testify on entries whose names on the branches prove too little. */
export class AufsRecord {
  readonly #layers: readonly Layer[];
  readonly #roots: Stack;
  readonly #layersId: string;
  readonly #testimonies: Testimonies;
  readonly #proofs = new Map<RawPlink, Proof>();
  readonly #directories = new Map<Bytes, MissingDirectory>();

  constructor(record: UnionRecord, layers: readonly Layer[], roots: Stack) {
    this.#testimonies = new Testimonies(record, layers);
    this.#layers = layers;
    this.#roots = roots;
    this.#layersId = layersId(layers);
  }

  /**
   * The proof of an entry's origin with the record heard. An inode stays the copy of one lower file for as long as
   * it lives, so a record that fits both inodes, generations included, holds whatever was renamed since; where it
   * and the names contradict each other, neither is believed.
   */
  hear<T extends { readonly plink: RawPlink; readonly proof: Proof }>(judged: T): T {
    const proof = this.#prove(judged.plink, judged.proof);
    this.#proofs.set(judged.plink, proof);
    return { ...judged, proof };
  }

  #prove(plink: RawPlink, proof: Proof): Proof {
    const testimony = this.#testimonies.on(plink);
    if (testimony.says === 'contradiction') return refusal(testimony.reason);
    if (testimony.says !== 'origin') return proof;
    const { origin } = testimony;
    if (proof.origin === undefined) return { origin };
    if (proof.origin.branch === origin.branch && sameInode(proof.origin, origin)) return proof;
    return refusal(
      `the record says it is the copy of the lower /${origin.path}, its names say of the lower /${proof.origin.path}`,
    );
  }

  /** The final word on an entry that its names alone do not prove. */
  settle(plink: RawPlink, entry: IndexEntry): IndexEntry {
    const testimony = this.#testimonies.on(plink);
    const proof = this.#proofs.get(plink);
    try {
      if (testimony.says === 'origin') return this.#settleNameless(entry, testimony.entry, 'complete');
      if (testimony.says !== 'names' || proof?.origin !== undefined) return entry;
      return entry.names.length > 0
        ? this.#settleNamed(entry, testimony.entry)
        : this.#settleNameless(entry, testimony.entry, 'ambiguous');
    } catch (error) {
      // A directory on the way to a recorded name that cannot be looked into: nothing is proved.
      if (!isSysError(error)) throw error;
      return entry;
    }
  }

  /** Its lower file is gone, or was under none of its names: are there other names that could still be its own? */
  #settleNamed(entry: IndexEntry, recorded: RecordedEntry): IndexEntry {
    if (entry.state !== 'ambiguous' || entry.inode.nlink !== 1 + entry.names.length) return entry;
    if (recorded.origin !== undefined) {
      return { ...entry, state: 'stale', reason: 'the lower file it was copied from is gone', evidence: [] };
    }
    const own = new Set(entry.names);
    const open = recorded.names.some((path) => {
      const fate = own.has(path) ? undefined : this.#fate(path);
      return fate?.is === 'visible' && this.#layers[fate.at.branch]?.role !== 'upper';
    });
    return open ? entry : { ...entry, state: 'complete', reason: undefined, evidence: [] };
  }

  /** No name of the branch is its inode. `from` is the state that leaves the question to the record. */
  #settleNameless(entry: IndexEntry, recorded: RecordedEntry, from: 'complete' | 'ambiguous'): IndexEntry {
    if (entry.names.length > 0 || entry.inode.nlink !== 1) return entry;
    if (entry.state === 'restorable' && recorded.gone) {
      const [first] = entry.missing;
      const reason = `the record says that all of its names were removed, but /${first?.path} shows its lower file`;
      return { ...entry, state: 'ambiguous', atRisk: true, missing: [], reason };
    }
    if (entry.state !== from) return entry;
    if (recorded.layers !== this.#layersId) {
      const reason =
        'its names were recorded with other branches than those given: they may be in one of those';
      return { ...entry, state: 'ambiguous', atRisk: true, reason };
    }
    const evidence = recorded.names.map((path) => `recorded name: /${path}`);
    const fates = recorded.names.map((path) => ({ path, fate: this.#fate(path) }));
    const missing = recorded.gone || from === 'complete' ? [] : this.#freeNames(recorded, fates);
    if (missing.length > 0) {
      for (const { path } of missing) this.#needDirectories(path, entry.branch);
      const reason = 'its lower file is gone; the record tells the names that showed it';
      return { ...entry, state: 'restorable', atRisk: true, missing, reason, evidence };
    }
    const reason = recorded.gone
      ? 'the record says that all of its names were removed'
      : 'the record tells its names, and each is removed, hidden or another file';
    const atRisk = !recorded.gone && fates.some(({ fate }) => fate.is !== 'hidden');
    return { ...entry, state: 'orphan', atRisk, reason, evidence };
  }

  /**
   * Recorded names that nobody removed through the union (a removed one has a whiteout, for a lower file was under
   * it), and that nothing else has taken.
   */
  #freeNames(
    { origin }: RecordedEntry,
    fates: readonly { readonly path: Bytes; readonly fate: NameFate }[],
  ): MissingName[] {
    const branch = origin === undefined ? undefined : this.#testimonies.layerOf(origin)?.branch;
    if (origin === undefined || branch === undefined) return [];
    return fates
      .filter(
        ({ path, fate }) => fate.is === 'absent' && fate.parent === 'there' && origin.paths.includes(path),
      )
      .map(({ path }) => ({ path, lower: { branch, path } }));
  }

  /** Directories that names restored by the record alone need, parents first. */
  get directories(): MissingDirectory[] {
    return [...this.#directories.values()];
  }

  #needDirectories(path: Bytes, branch: number): void {
    const slash = path.lastIndexOf('/');
    if (slash < 0) return;
    const parent = path.slice(0, slash) as Bytes;
    for (const each of lackingDirectories(this.#roots, aufsRules, parent, branch)) {
      if (!this.#directories.has(each.path)) this.#directories.set(each.path, each);
    }
  }

  #fate(path: Bytes): NameFate {
    return nameFate(this.#roots, aufsRules, path);
  }
}

function refusal(reason: string): Proof {
  return { origin: undefined, reason, evidence: [] };
}

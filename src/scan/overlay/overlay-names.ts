import { type Bytes, joinBytes } from '../../sys/bytes.js';
import { S_IFMT } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import type { OverlayHandle } from '../../union/overlay-handle.js';
import type { OverlayRules } from '../../union/overlay-rules.js';
import type { Layer, LayerDirectory } from '../../union/view-rules.js';
import { withOne } from '../../with-one.js';
import { KnownPlaces } from '../known-places.js';
import { MissingDirectories } from '../missing-directories.js';
import type { Unreadable } from '../result.js';
import { InodeSet } from '../walk/inode-set.js';
import type { WalkDirectory, WalkVisitor } from '../walk/walk-visitor.js';
import { AwaitedNames } from './awaited-names.js';
import { type EntryNames, type FoundNames, forgetNames, noNames, type SoughtInode } from './entry-names.js';
import { LayerDevices } from './layer-devices.js';
import type { LikelyPlaces } from './likely-places.js';
import { LowerOrigins } from './lower-origins.js';
import { originInName } from './overlay-index.js';
import type { HandleLayer, OverlayLayers } from './overlay-layers.js';
import { type LowerInodes, setsOf, soughtInLowers } from './sought-inodes.js';
import { UnseenNames } from './unseen-names.js';
import { UpperNames } from './upper-names.js';

/** Finds the visible names of index entries: upper names by inode, lower names by file handle. */
export class OverlayNames implements WalkVisitor {
  readonly unreadable: Unreadable[] = [];
  readonly directories = new MissingDirectories();
  readonly byKey = new Map<string, EntryNames>();
  readonly upper: UpperNames;
  readonly #devices: LayerDevices;
  readonly #origins: LowerOrigins;
  readonly #upper: number;
  readonly #wanted: ReadonlyMap<number, InodeSet | 'all'>;
  readonly #layers: ReadonlyMap<number, HandleLayer>;
  readonly #rules: OverlayRules;
  readonly #inspect: boolean;
  #awaited: AwaitedNames | undefined;
  readonly #known = new KnownPlaces(() => this.#awaited?.places() ?? []);
  #places: LikelyPlaces | undefined;
  readonly #unseen = new UnseenNames(
    this.byKey,
    (branch) => this.#wanted.get(branch),
    (found) => this.#awaited?.note(found),
  );
  /** Entries of which something was met and not told yet, where another thread is to be told. */
  readonly #met: Set<EntryNames> | undefined;
  #theirRedirects = 0;
  #toldRedirects = 0;

  /**
   * @param sought - names of index entries, also of lost ones, with the upper inode where there is one
   * @param inspect - look at the attributes of all upper files and directories too
   * @param lowerInodes - {@link lowerInodes} of another thread, which is to be told what is found; found out unless told
   */
  constructor(
    overlay: OverlayLayers,
    rules: OverlayRules,
    sought: ReadonlyMap<string, SoughtInode | undefined>,
    inspect: boolean,
    lowerInodes?: LowerInodes,
  ) {
    this.#layers = new Map([overlay.upper, ...overlay.lowers].map((layer) => [layer.branch, layer]));
    this.#rules = rules;
    this.#devices = new LayerDevices(this.#layers);
    this.#origins = new LowerOrigins(this.byKey, this.#devices, `${overlay.prefix}whiteout`);
    this.#inspect = inspect;
    this.#upper = overlay.upper.branch;
    this.#met = lowerInodes === undefined ? undefined : new Set();
    this.upper = new UpperNames(this.byKey, overlay.prefix, this.#met);
    const upperInodes: bigint[] = [];
    for (const [key, upper] of sought) {
      const names = noNames(key, upper === undefined ? undefined : upper.mode & S_IFMT);
      this.byKey.set(key, names);
      if (upper === undefined) continue;
      this.upper.seek(upper, names);
      upperInodes.push(upper.ino);
    }
    const all = inspect || !overlay.upper.trueInodes;
    const lowers =
      lowerInodes === undefined ? soughtInLowers(overlay.lowers, sought.keys()) : setsOf(lowerInodes);
    this.#wanted = new Map([
      ...lowers,
      [overlay.upper.branch, all ? ('all' as const) : InodeSet.of(upperInodes)],
    ]);
  }

  /** The inode numbers that are looked for in lowers, as another thread can take them. */
  get lowerInodes(): LowerInodes {
    return [...this.#wanted]
      .filter(([branch]) => branch !== this.#upper)
      .map(([branch, set]) => [branch, set === 'all' ? set : set.table]);
  }

  wanted(branch: number): InodeSet | 'all' | undefined {
    return this.#wanted.get(branch);
  }

  passesOver({ role }: Layer): boolean {
    return role !== 'upper' || !this.#inspect;
  }

  onDirectory(directory: WalkDirectory): void {
    this.#places?.meet(directory);
    if (this.#inspect) this.upper.enter(directory);
  }

  onName(directory: WalkDirectory, position: number, name: Bytes, inode: bigint | undefined): void {
    const at = directory.stack[position];
    if (at === undefined) return;
    if (at.layer.role !== 'upper') this.#onLower(directory, position, name, inode);
    else if (inode === undefined) this.upper.look(directory, at, name, this.#inspect);
    else this.upper.meet(directory, name, { dev: this.#devices.of(at), ino: inode });
  }

  /**
   * Lets the walk end when all names of all entries were met, as their lower files' link counts tell. The directories
   * of the upper, and of all lowers but the last, are all walked before.
   *
   * @param linksOf - as {@link AwaitedNames} asks it
   * @param places - knows where the lower names may be
   */
  expect(linksOf: (key: string) => number | undefined, places: LikelyPlaces): void {
    this.#awaited = new AwaitedNames(this.byKey, linksOf);
    this.#places = places;
  }

  /** What was found since this was last asked, as another thread can take it. */
  takeFound(): FoundNames {
    const met = this.#met ?? [];
    const entries = Array.from(met, (each) => ({ ...each }));
    for (const each of met) forgetNames(each);
    this.#met?.clear();
    const redirects = this.#redirects - this.#toldRedirects;
    this.#toldRedirects = this.#redirects;
    return {
      entries,
      unreadable: this.unreadable.splice(0),
      directories: this.directories.take(),
      upper: this.upper.take(),
      redirects,
    };
  }

  /** Adds what the other of two walks has found. */
  merge(other: FoundNames): void {
    for (const theirs of other.entries) {
      const ours = this.byKey.get(theirs.key);
      if (ours === undefined) continue;
      ours.names = [...ours.names, ...theirs.names];
      ours.missing = [...ours.missing, ...theirs.missing];
      ours.covered = [...ours.covered, ...theirs.covered];
      ours.outside += theirs.outside;
      ours.twins = [...ours.twins, ...theirs.twins];
      ours.lowerNlink ??= theirs.lowerNlink;
      ours.lowerType ??= theirs.lowerType;
      this.#awaited?.note(ours);
    }
    for (const each of other.unreadable) this.unreadable.push(each);
    this.upper.merge(other.upper);
    this.#theirRedirects += other.redirects;
    this.directories.merge(other.directories);
  }

  complete(): boolean {
    // After a redirect one lower directory may show at two places, if somebody meddled: counting names proves nothing.
    // All that are met at all were met when this is asked: directories that may have one come first.
    return this.#redirects === 0 && this.#awaited?.all() === true;
  }

  get knowsLate(): boolean {
    return this.#redirects === 0 && this.#places?.knowsLate === true;
  }

  async likely(late: boolean): Promise<Iterable<Bytes>> {
    if (this.#places === undefined || this.#redirects > 0) return [];
    const places = late ? await this.#lookLate(this.#places) : await this.#places.of(this.#wantedOrigins);
    if (places.length === 0 && this.unreadable.length === 0)
      for (const directory of this.#places.hidden()) this.#unseen.inHidden(directory);
    return places;
  }

  nearTo(): readonly Bytes[] {
    return this.#known.of(this.#awaited?.left ?? 0);
  }

  /** Redirects that either thread has followed. */
  get #redirects(): number {
    return this.#rules.redirects + this.#theirRedirects;
  }

  readonly #wantedOrigins = (): OverlayHandle[] =>
    (this.#awaited?.wanting() ?? []).map(originInName).filter((origin) => origin !== undefined);

  async #lookLate(places: LikelyPlaces): Promise<Bytes[]> {
    // What is told late only serves to end the walk.
    if (this.#awaited?.hopeless === true) places.forgo();
    let told: Bytes[] = [];
    while (told.length === 0 && places.knowsLate && !this.complete()) {
      told = await places.lateOf(this.#wantedOrigins);
      for (const directory of places.takeOutside()) this.#unseen.inOutside(directory);
    }
    return told;
  }

  onUnreadable(unreadable: Unreadable): void {
    this.unreadable.push(unreadable);
  }

  #onLower(directory: WalkDirectory, position: number, name: Bytes, inode: bigint | undefined): void {
    const at = directory.stack[position];
    const layer = at === undefined ? undefined : this.#layers.get(at.layer.branch);
    if (at === undefined || layer === undefined) return;
    const path = joinBytes(directory.path, name);
    try {
      const found = this.#origins.entryAt(at, layer, name, inode);
      if (found === undefined) return;
      const covering = position === 0 ? undefined : found.names.at(-1);
      // Mostly it is the upper name that the walk has met a moment ago; then one string does for both.
      const same = covering === path;
      const hidden = found.whiteout || same || this.#isCovered(directory, position, name);
      const shared = same ? covering : path;
      const lower = {
        branch: at.layer.branch,
        path: at.real === directory.path ? shared : joinBytes(at.real, name),
      };
      // Only now: a name of which it could not be told whether it shows is not accounted for.
      if (hidden) found.covered = withOne(found.covered, lower);
      else found.missing = withOne(found.missing, { path, lower });
      this.#awaited?.note(found);
      this.#met?.add(found);
      if (!hidden) this.directories.add(directory, 0);
    } catch (error) {
      if (!isSysError(error)) throw error;
      this.onUnreadable({ path, branch: at.layer.branch, code: error.code });
    }
  }

  /** Whether a higher layer has a name that a lower one holds. */
  #isCovered({ stack }: WalkDirectory, position: number, name: Bytes): boolean {
    for (let higher = 0; higher < position; higher += 1) {
      if (this.#rules.decides(stack[higher] as LayerDirectory, name)) return true;
    }
    return false;
  }
}

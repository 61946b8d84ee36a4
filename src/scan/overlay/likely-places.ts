import { type Bytes, componentsOf, parentOf } from '../../sys/bytes.js';
import type { Handle } from '../../sys/handle.js';
import { isDirectory, statIfThere } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import type { OverlayHandle } from '../../union/overlay-handle.js';
import type { OverlayRules } from '../../union/overlay-rules.js';
import { closeStack, type Stack } from '../../union/view-rules.js';
import { askHints, mayTellLate, searchLate, type Told } from '../hints/ask-hints.js';
import { mayBeIn } from '../hints/may-be-in.js';
import type { LateSearch, LikelyDirectory, MetName } from '../hints/name-hints.js';
import type { ScanOptions } from '../scan-options.js';
import type { WalkDirectory } from '../walk/walk-visitor.js';
import { type EntryNames, lowerPlaces } from './entry-names.js';
import { originInName } from './overlay-index.js';
import type { HandleLayer, OverlayLayers } from './overlay-layers.js';

/** A directory of a layer that its union does not show. */
export interface HiddenDirectory {
  readonly layer: HandleLayer;
  /** Path from the layer's root. */
  readonly path: Bytes;
}

/** A directory outside of all layers of its file system. */
export type OutsideDirectory = Extract<LikelyDirectory, { readonly directory: Handle }>;

/** The directories that a walk looks into first, and those of them that the union hides. */
export class LikelyPlaces {
  readonly #overlay: OverlayLayers;
  readonly #rules: OverlayRules;
  readonly #options: ScanOptions;
  readonly #entries: number;
  /** By `branch/path`: told of, and not met on the walk. */
  readonly #unmet = new Map<string, HiddenDirectory>();
  #told: readonly Told[] | undefined;
  #searchIsOver = false;
  #search: LateSearch | undefined;
  #mayTellLate: boolean | undefined;
  readonly #outside: OutsideDirectory[] = [];

  /**
   * @param entries - how many have names that are looked for
   * @param begun - what is searched for already, of all entries
   */
  constructor(
    overlay: OverlayLayers,
    rules: OverlayRules,
    entries: number,
    options: ScanOptions,
    begun?: LateSearch,
  ) {
    this.#overlay = overlay;
    this.#entries = entries;
    this.#search = begun;
    this.#rules = rules;
    this.#options = options;
  }

  /** Whether there is more to be told late. */
  get knowsLate(): boolean {
    this.#mayTellLate ??= mayTellLate(this.#overlay.lowers, this.#entries, this.#options);
    return !this.#searchIsOver && this.#mayTellLate;
  }

  /**
   * Directories that may hold names of these files, as paths from the union's root; none when asked again.
   *
   * @param origins - tells the files; asked only if somebody knows of any
   */
  async of(origins: () => readonly OverlayHandle[]): Promise<Bytes[]> {
    if (this.#told !== undefined) return [];
    this.#told = await askHints(this.#overlay.lowers, origins, this.#options);
    const places: Bytes[] = [];
    for (const { layer, directories } of this.#told)
      for (const path of directories) places.push(this.#expect(layer, path));
    return places;
  }

  /**
   * As {@link of}, by those who take longer, piece by piece; what they tell of directories elsewhere is for
   * {@link takeOutside}.
   */
  async lateOf(origins: () => readonly OverlayHandle[]): Promise<Bytes[]> {
    const places: Bytes[] = [];
    while (places.length === 0 && this.#outside.length === 0 && this.knowsLate) {
      this.#search ??= searchLate(this.#overlay.lowers, origins(), this.#options, false);
      const told = await this.#search.next(this.#options.signal);
      this.#searchIsOver = told === undefined;
      for (const each of told ?? []) {
        if ('path' in each) places.push(this.#expect(each.layer, each.path));
        else this.#outside.push(each);
      }
    }
    return places;
  }

  /** Does without what would be told late. */
  forgo(): void {
    this.#searchIsOver = true;
  }

  /** The directories that hold names outside of all layers; each is told once. */
  takeOutside(): OutsideDirectory[] {
    return this.#outside.splice(0);
  }

  #expect(layer: HandleLayer, path: Bytes): Bytes {
    this.#unmet.set(`${layer.branch}/${path}`, { layer, path });
    return path;
  }

  /** Takes note of a directory of the walk. */
  meet({ path, stack }: WalkDirectory): void {
    if (this.#unmet.size === 0) return;
    for (const { layer, real } of stack) if (real === path) this.#unmet.delete(`${layer.branch}/${path}`);
  }

  /** Tells those who told where names are what was met in the end. */
  async learn(found: ReadonlyMap<string, EntryNames>): Promise<void> {
    for (const { layer, source } of this.#told ?? []) {
      if (source.onMet === undefined) continue;
      await source.onMet(layer, metIn(layer, found), this.#options.signal);
    }
  }

  /**
   * Those of the directories that the union shows nowhere. A redirect could show one elsewhere: so it is told only
   * of layers above which all directories were looked at, which is so for the uppermost lower, and where no redirect
   * was met.
   */
  hidden(): HiddenDirectory[] {
    const [top] = this.#overlay.lowers;
    const unmet = [...this.#unmet.values()];
    this.#unmet.clear();
    if (this.#rules.redirects > 0) return [];
    return unmet.filter(({ layer, path }) => layer.branch === top?.branch && !this.#mayShow(layer, path));
  }

  /** Whether a layer's directory takes part in the merged directory of its path, or nobody can tell. */
  #mayShow(layer: HandleLayer, path: Bytes): boolean {
    const { roots } = this.#overlay.layers;
    let stack: Stack = roots;
    try {
      for (const name of componentsOf(path)) {
        const next = this.#descend(stack, name);
        if (stack !== roots) closeStack(stack);
        stack = next;
      }
      return stack.some((each) => each.layer.branch === layer.branch);
    } catch (error) {
      if (isSysError(error)) return true;
      throw error;
    } finally {
      if (stack !== roots) closeStack(stack);
    }
  }

  #descend(stack: Stack, name: Bytes): Stack {
    for (const [position, { fd }] of stack.entries()) {
      const facts = statIfThere(fd, name);
      if (facts === undefined) continue;
      return isDirectory(facts) ? this.#rules.descend(stack, position, name) : [];
    }
    return [];
  }
}

/** The names that were met in one layer. */
function metIn(layer: HandleLayer, found: ReadonlyMap<string, EntryNames>): MetName[] {
  return [...found].flatMap(([key, names]) => {
    const origin = originInName(key);
    if (origin === undefined || !mayBeIn(layer, origin)) return [];
    return lowerPlaces(names)
      .filter(({ branch }) => branch === layer.branch)
      .map(({ path }) => ({ file: origin.handle, directory: parentOf(path) }));
  });
}

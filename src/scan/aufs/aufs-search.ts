import { milliseconds } from '../../milliseconds.js';
import { type Bytes, joinBytes } from '../../sys/bytes.js';
import { stat } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import { WHITEOUT_PREFIX } from '../../union/aufs-names.js';
import type { Layer, Stack, ViewRules } from '../../union/view-rules.js';
import { breather } from '../breather.js';
import { refuseCovered } from '../refuse-covered.js';
import type { Unreadable } from '../result.js';
import type { ScanOptions } from '../scan-options.js';
import { bareRules } from '../walk/bare-rules.js';
import { runWalk } from '../walk/run-walk.js';
import type { WalkDirectory, WalkProgress, WalkVisitor } from '../walk/walk-visitor.js';
import type { Candidates } from './aufs-candidates.js';
import type { DisplacedFiles } from './aufs-displaced.js';
import type { Namesake } from './namesake.js';
import { lookAt } from './own-likenesses.js';

/** Milliseconds of work after which files wait until the event loop has lived. */
const BREATH_MS = 40;

/** A branch of an aufs alone: aufs' own names are no files of it. */
const bareBranch: ViewRules = { ...bareRules, hidden: (name) => name.startsWith(WHITEOUT_PREFIX) };

/**
 * Compares every file of the lower branches with the entries in question, also those that the union hides.
 *
 * @returns what could not be looked into
 */
export async function searchLowers(
  layers: readonly Layer[],
  roots: Stack,
  candidates: Candidates,
  displaced: DisplacedFiles,
  options: ScanOptions,
  progress: WalkProgress,
): Promise<Unreadable[]> {
  const search = new Search(
    layers,
    candidates,
    displaced,
    breather(options.signal, () => options.onProgress?.(progress)),
  );
  for (const root of roots) {
    if (root.layer.role !== 'lower') continue;
    await runWalk([root], bareBranch, search, options, progress);
    await search.catchUp();
  }
  return search.unreadable;
}

class Search implements WalkVisitor {
  readonly unreadable: Unreadable[] = [];
  readonly #layers: readonly Layer[];
  readonly #candidates: Candidates;
  readonly #displaced: DisplacedFiles;
  readonly #breathe: () => Promise<void> | undefined;
  /** Files that were met when it was time to breathe. */
  #waiting: Namesake[] = [];
  #last = milliseconds();

  constructor(
    layers: readonly Layer[],
    candidates: Candidates,
    displaced: DisplacedFiles,
    breathe: () => Promise<void> | undefined,
  ) {
    this.#layers = layers;
    this.#candidates = candidates;
    this.#displaced = displaced;
    this.#breathe = breathe;
  }

  wanted(): 'all' {
    return 'all';
  }

  onName({ stack }: WalkDirectory, position: number, name: Bytes, inode: bigint | undefined): void {
    const at = stack[position];
    if (at === undefined) return;
    try {
      refuseCovered(at, name, inode);
      const s = stat(at.fd, name);
      const path = joinBytes(at.real, name);
      const file: Namesake = { branch: at.layer.branch, path, dev: s.dev, ino: s.ino, stat: s };
      this.#displaced.meet(file);
      if (this.isBehind || milliseconds() - this.#last > BREATH_MS) this.#waiting.push(file);
      else this.#candidates.consider(file, { dirfd: at.fd, name, stat: s });
    } catch (error) {
      if (!isSysError(error)) throw error;
      this.onUnreadable({ path: joinBytes(at.real, name), branch: at.layer.branch, code: error.code });
    }
  }

  get isBehind(): boolean {
    return this.#waiting.length > 0;
  }

  async catchUp(): Promise<void> {
    for (const file of this.#waiting) {
      await this.#breathe();
      considerByPath(this.#layers, this.#candidates, file);
    }
    this.#waiting = [];
    this.#last = milliseconds();
  }

  onUnreadable(unreadable: Unreadable): void {
    this.unreadable.push(unreadable);
  }
}

/** Compares a lower file whose directory is not open with the entries. */
export function considerByPath(layers: readonly Layer[], candidates: Candidates, file: Namesake): void {
  try {
    lookAt(layers, file, (at) => candidates.consider(file, at));
  } catch (error) {
    if (!isSysError(error)) throw error;
    candidates.miss(file, error.code);
  }
}

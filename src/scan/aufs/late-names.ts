import type { Bytes } from '../../sys/bytes.js';
import type { Layer } from '../../union/view-rules.js';
import { fileSystemHints } from '../hints/ask-hints.js';
import type { LateHints, LayerInode } from '../hints/name-hints.js';
import type { ScanOptions } from '../scan-options.js';

/** Asks once, late in a walk, where inodes have their other names: no redirect leads elsewhere, so a path is the union's. */
export class LateNames {
  readonly #layers: readonly Layer[];
  readonly #options: ScanOptions;
  #sources: readonly LateHints[] | undefined;

  constructor(layers: readonly Layer[], options: ScanOptions) {
    this.#layers = layers;
    this.#options = options;
  }

  /** Whether there is something to be told of so many inodes. */
  knows(files: number): boolean {
    const { hints = fileSystemHints } = this.#options;
    this.#sources ??= hints.flatMap(({ late }) =>
      late?.byNumber !== undefined && late.mayKnow(this.#layers, files) ? [late] : [],
    );
    return this.#sources.length > 0;
  }

  /** Directories that may hold names of these; none when asked again. */
  async of(files: readonly LayerInode[]): Promise<Bytes[]> {
    const sources = this.knows(files.length) ? this.#sources : [];
    this.#sources = [];
    const told: Bytes[] = [];
    for (const late of sources ?? [])
      for (const path of (await late.byNumber?.(this.#layers, files, this.#options.signal)) ?? [])
        told.push(path);
    return told;
  }
}

/** Directories that hold sought names, as plain data. */
export interface FoundPlaces {
  /** By the root that they lie below: paths from there, as byte strings. */
  readonly inside: readonly { readonly root: number; readonly paths: readonly string[] }[];
  /** Those that lie below none of the roots. */
  readonly outside: readonly { readonly inode: number; readonly generation: number }[];
}

/** Gathers what a search finds until somebody takes it. */
export class Ext4Places {
  readonly #inside = new Map<number, string[]>();
  #outside: { readonly inode: number; readonly generation: number }[] = [];

  addInside(root: number, path: string): void {
    const paths = this.#inside.get(root);
    if (paths === undefined) this.#inside.set(root, [path]);
    else paths.push(path);
  }

  addOutside(directory: { readonly inode: number; readonly generation: number }): void {
    this.#outside.push(directory);
  }

  get empty(): boolean {
    return this.#inside.size === 0 && this.#outside.length === 0;
  }

  /** What was found since this was last asked. */
  take(): FoundPlaces {
    const inside = [...this.#inside].map(([root, paths]) => ({ root, paths }));
    const outside = this.#outside;
    this.#inside.clear();
    this.#outside = [];
    return { inside, outside };
  }
}

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type CrashFileSystem, copyImage, type MountedImage, makeImage, mountImage } from './crash-image.js';
import { type DiskLog, RecordingDisks } from './recording-disks.js';

/** A disk of a trial: what is on it, and where it is mounted each time. */
export interface Disk {
  readonly type: CrashFileSystem;
  readonly mountpoint: string;
}

/** A disk while it is mounted. */
export interface LiveDisk {
  readonly image: string;
  readonly mounted: MountedImage;
}

/** Images of which every trial gets copies: the same inodes, handles and times each time. */
export class CrashDisks {
  readonly #bases: readonly string[];
  #trials = 0;

  /** @param directory - an empty one on tmpfs */
  constructor(
    readonly disks: readonly Disk[],
    readonly directory: string,
  ) {
    this.#bases = disks.map(({ type }, i) => {
      const base = join(directory, `base${i}`);
      makeImage(type, base);
      return base;
    });
  }

  get bases(): readonly string[] {
    return this.#bases;
  }

  /** Runs `body` on the mounted images that trials are copies of. */
  async build<T>(body: () => T | Promise<T>): Promise<T> {
    const mounted = this.#mount(this.#bases);
    try {
      return await body();
    } finally {
      for (const each of mounted.toReversed()) each.unmount();
    }
  }

  /** Runs `body` on mounted copies of images, the untouched ones unless told. */
  async on<T>(body: (live: readonly LiveDisk[]) => T | Promise<T>, images = this.#bases): Promise<T> {
    const copies = this.#copy(images);
    const mounted = this.#mount(copies);
    try {
      return await body(copies.map((image, i) => ({ image, mounted: mounted[i] as MountedImage })));
    } finally {
      for (const each of mounted.toReversed()) each.unmount();
      for (const copy of copies) rmSync(copy);
    }
  }

  /** Runs `body` on mounted copies of the untouched images and writes down what the disks are told meanwhile. */
  async record<T>(body: (position: () => bigint) => Promise<T>): Promise<{ result: T; log: DiskLog }> {
    const copies = this.#copy(this.#bases);
    const place = join(this.directory, `recording${this.#trials}`);
    mkdirSync(place);
    const recording = await RecordingDisks.serve(place, copies);
    let stopped = false;
    try {
      const mounted = this.#mount(copies.map((_, i) => recording.path(i)));
      let result: T;
      try {
        result = await body(() => recording.position());
      } finally {
        for (const each of mounted.toReversed()) each.unmount();
      }
      stopped = true;
      return { result, log: await recording.stop() };
    } finally {
      if (!stopped) await recording.abort();
      for (const copy of copies) rmSync(copy);
    }
  }

  // A mount namespace that another process made meanwhile keeps an unmounted image alive: never use a file twice.
  #copy(images: readonly string[]): string[] {
    this.#trials += 1;
    return images.map((image, i) => {
      const copy = join(this.directory, `live${this.#trials}.${i}`);
      copyImage(image, copy);
      return copy;
    });
  }

  #mount(images: readonly string[]): MountedImage[] {
    const mounted: MountedImage[] = [];
    try {
      for (const [i, { type, mountpoint }] of this.disks.entries()) {
        mounted.push(mountImage(type, images[i] as string, mountpoint));
      }
      return mounted;
    } catch (error) {
      for (const each of mounted.toReversed()) each.unmount();
      throw error;
    }
  }
}

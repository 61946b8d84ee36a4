import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll } from '@jest/globals';
import { ascii, type Bytes } from '../../src/sys/bytes.js';
import { appendTo } from './append-to.js';
import { type FileSystems, mountFileSystems, type ScratchType } from './file-systems.js';
import { describeKernel, type Need } from './needs.js';
import { type OverlayPlace, overlayPlace, whileMounted } from './overlay-place.js';
import { Place } from './place.js';

/** A test's own directory on a file system. */
export type Directory = (type?: ScratchType) => string;

/** Tests on real overlays, each in a directory of its own; the file systems are made once for all of them. */
export function describeIncidents(
  title: string,
  types: readonly ScratchType[],
  body: (directory: Directory) => void,
  needs: readonly Need[] = [],
): void {
  describeKernel(title, ['root', 'loop', 'kmsg', 'overlay', ...types, ...needs], () => {
    let fileSystems: FileSystems;
    let made = 0;
    beforeAll(() => {
      fileSystems = mountFileSystems(types);
    });
    afterAll(() => fileSystems?.dispose());
    body((type = types[0] as ScratchType) => fileSystems.directory(type, `test${++made}`));
  });
}

/** The lower that the images below fixtures/ have: `A`, `B`, `d/C` are one file, `solo` another. */
export function commonLower(lower: Place): void {
  mkdirSync(lower.at(ascii('d')));
  writeFileSync(lower.at(ascii('A')), 'lowerdata\n');
  linkSync(lower.at(ascii('A')), lower.at(ascii('B')));
  linkSync(lower.at(ascii('A')), lower.at(ascii('d/C')));
  writeFileSync(lower.at(ascii('solo')), 'solo\n');
}

export interface Scene {
  /** Fills the lower; {@link commonLower} unless told. */
  readonly lower?: (lower: Place) => void;
  /** Works through the mount; `A` is appended to unless told. */
  readonly session?: (view: Place) => void;
  readonly options?: readonly string[];
}

/** An overlay with a lower and one session, unmounted. */
export function overlayWith(root: string, scene: Scene = {}): OverlayPlace {
  const place = overlayPlace(root);
  (scene.lower ?? commonLower)(new Place(place.lowers[0] as string));
  const session = scene.session ?? ((view) => append(view, 'A'));
  whileMounted(place, scene.options ?? ['index=on'], session);
  return place;
}

/** Appends `X` to a file as a user of the mount would. */
export function append(view: Place, path: string, text = 'X\n'): void {
  appendTo(view.at(path as Bytes), text);
}

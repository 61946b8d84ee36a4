import { lstatSync, unlinkSync, writeFileSync } from 'node:fs';
import { ascii, type Bytes, parentOf } from '../../src/sys/bytes.js';
import { Place } from './place.js';
import { snapshot } from './tree.js';

/**
 * Makes attributes of the whiteouts of a layer, as layers have that were unpacked where nobody may make devices
 * (Linux 6.7): an empty file with `overlay.whiteout` in a directory with `overlay.opaque` = `x`, which the root of
 * the layer has too.
 *
 * @param below - the next layer
 * @returns what was done, a line each
 */
export function useXattrWhiteouts(root: string, below: string, prefix: string): string[] {
  const place = new Place(root);
  const tree = snapshot(root);
  // The one attribute cannot say both that a directory hides all below it and that it has such whiteouts.
  const own = new Set(
    tree
      .filter(({ xattrs }) => xattrs.includes(`${prefix}opaque`) || xattrs.includes(`${prefix}redirect`))
      .map(({ path }) => path),
  );
  const story: string[] = [];
  for (const { path, kind } of tree) {
    if (kind !== 'char' || lstatSync(place.at(path)).rdev !== 0) continue;
    const directory = parentOf(path);
    if (ancestors(path).some((each) => own.has(each))) continue;
    // The kernel lists a directory of one layer as it is, with such files in it that nobody can look up.
    if (!isDirectory(new Place(below), directory)) continue;
    unlinkSync(place.at(path));
    writeFileSync(place.at(path), '');
    place.setXattr(path, `${prefix}whiteout`, Buffer.from('y'));
    for (const marked of [directory, ascii('')]) mark(place, marked, `${prefix}opaque`);
    story.push(`whiteout by attribute: ${path}`);
  }
  return story;
}

function ancestors(path: Bytes): Bytes[] {
  const parent = parentOf(path);
  return parent === '' ? [parent] : [parent, ...ancestors(parent)];
}

function isDirectory(place: Place, path: Bytes): boolean {
  return lstatSync(place.at(path), { throwIfNoEntry: false })?.isDirectory() === true;
}

function mark(place: Place, directory: Bytes, attribute: string): void {
  place.setXattr(directory, attribute, Buffer.from('x'));
}

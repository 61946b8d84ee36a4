import { expect } from '@jest/globals';
import { ascii, bytesFromText } from '../../src/sys/bytes.js';
import { MNT_DETACH, mount, umount } from '../../src/sys/mount.js';
import { kernelLogOf } from './kernel-log.js';
import { namesOneOf } from './kernel-log-names.js';
import { overlayOptions } from './overlay-mount.js';
import type { OverlayPlace } from './overlay-place.js';
import { indexNames, viewOf } from './overlay-verifier.js';
import { runMain } from './run-main.js';
import { snapshot, type Tree } from './tree.js';
import { differences, expectSameView } from './tree-diff.js';

/** Mounts the overlay for the time of `body`. */
export async function whileMountedAsync<T>(
  place: OverlayPlace,
  options: readonly string[],
  body: () => Promise<T>,
): Promise<T> {
  const target = bytesFromText(place.merged);
  mount(ascii('overlay'), target, ascii('overlay'), 0, bytesFromText(overlayOptions({ ...place, options })));
  let result: T;
  try {
    result = await body();
  } catch (error) {
    // A failed body may have left files open or programs running; what went wrong in it explains more.
    umount(target, MNT_DETACH);
    throw error;
  }
  umount(target);
  return result;
}

/**
 * Lines of the kernel log that a live overlay with these names can have caused: the log is the whole machine's, and
 * a restore through the mount calls mount(2) for nothing.
 */
function ofThisMount(log: readonly string[], tree: Tree): string[] {
  return log.filter(
    (line) => namesOneOf(line, tree) ?? /index lookup|bad index|invalid origin|copy.up/.test(line),
  );
}

/** What a restore through the mount must leave as it is: all but the change time, and whence a directory comes. */
export function liveDifferences(before: Tree, after: Tree): string[] {
  return differences(before, after, {
    ignore: ['ctime', 'blocks'],
    unless: (fact, { kind }) => kind === 'directory' && (fact === 'size' || fact === 'nlink'),
  });
}

/**
 * Restores a mounted overlay and compares: the view meanwhile and after a new mount, then after an offline flush.
 *
 * @returns links that were made through the mount
 */
export async function expectMountedRestore(place: OverlayPlace, options: readonly string[]): Promise<number> {
  let links = 0;
  const live = await whileMountedAsync(place, options, async () => {
    const before = snapshot(place.merged);
    const entries = indexNames(place);
    const log = await kernelLogOf(async () => {
      const done = await json('restore', place.merged);
      links = done.summary.linksRestored;
      expect([0, 4]).toContain(done.exitCode);
      expect(done.summary.linksMissing).toBe(0);
    });
    const after = snapshot(place.merged);
    expect(liveDifferences(before, after)).toEqual([]);
    expect(ofThisMount(log, before)).toEqual([]);
    // A directory that is copied up on the way gets an entry of its own under nfs_export.
    expect(indexNames(place)).toEqual(expect.arrayContaining(entries));
    expect((await json('restore', place.merged)).summary.linksRestored).toBe(0);
    return after;
  });
  expectSameView(live, viewOf(place, options).tree);
  const flushed = await json(
    'flush',
    '-o',
    overlayOptions({ ...place, options: options.filter((word) => word !== 'index=on') }),
  );
  expect(flushed.summary.linksRestored).toBe(0);
  expectSameView(live, viewOf(place, options).tree);
  return links;
}

/** Runs a command line and returns its document. */
export async function json(...argv: string[]) {
  const { out, err } = await runMain(...argv, '--json');
  const parsed = JSON.parse(out);
  if (parsed.error !== undefined) throw new Error(`${argv.join(' ')}: ${out}${err}`);
  return parsed;
}

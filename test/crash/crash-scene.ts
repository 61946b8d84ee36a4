import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { chown } from '../../src/sys/attributes.js';
import { ascii, type Bytes } from '../../src/sys/bytes.js';
import { AT_FDCWD } from '../../src/sys/check.js';
import { makeDev, S_IFCHR, S_IFIFO, stat } from '../../src/sys/stat.js';
import { type OverlayPlace, overlayPlace, whileMounted } from '../support/overlay-place.js';
import { Place } from '../support/place.js';
import { posixAcl } from '../support/posix-acl.js';

/** The options of every session and of the usual look at it. */
export const indexed: readonly string[] = ['index=on', 'metacopy=on'];
export const unindexed: readonly string[] = ['index=off', 'metacopy=on'];

// v2, permitted and effective cap_net_raw.
const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex');

const NEW = 'written through the mount\n';

/**
 * An overlay with everything whose loss would hurt: a group of three with a directory to be made, two groups that
 * share directories, a file that is metadata alone, setuid with a capability, a fifo, a symlink and a device.
 */
export function buildCrashUnion(root: string): OverlayPlace {
  const place = overlayPlace(root);
  const lower = new Place(place.lowers[0] as string);
  const at = (path: string): Buffer => lower.at(path as Bytes);
  for (const path of ['d', 'q', 'q/deep', 'special']) mkdirSync(at(path));
  group(lower, ['A', 'B', 'd/C'], (path) => writeFileSync(path, 'lower data of A\n'));
  group(lower, ['p', 'q/r', 'q/deep/s'], (path) => writeFileSync(path, 'lower data of p\n'.repeat(300)));
  group(lower, ['meta', 'd/meta'], (path) => writeFileSync(path, 'data that stays below\n'.repeat(500)));
  group(lower, ['su', 'special/su'], (path) => writeFileSync(path, '#!/bin/sh\n'));
  chmodSync(at('su'), 0o6755);
  lower.setXattr(ascii('su'), 'security.capability', capability);
  lower.setXattr(ascii('su'), 'user.note', Buffer.from('kept'));
  group(lower, ['fifo', 'special/fifo'], (_, path) => lower.mknod(path, S_IFIFO | 0o640));
  group(lower, ['sym', 'special/sym'], (path) => symlinkSync('nowhere', path));
  group(lower, ['null', 'special/null'], (_, path) => lower.mknod(path, S_IFCHR | 0o600, makeDev(1, 3)));
  writeFileSync(at('alone'), 'a file with one name\n');
  lower.setXattr(ascii('q'), 'system.posix_acl_default', posixAcl(1002, 5));
  lower.setXattr(ascii('q/deep'), 'user.dir', Buffer.from('kept'));
  chmodSync(at('special'), 0o2750);
  chown(AT_FDCWD, lower.bytes(ascii('d')), 1000, 1001);
  for (const [i, path] of [
    'A',
    'p',
    'meta',
    'su',
    'fifo',
    'sym',
    'null',
    'q/deep',
    'q',
    'd',
    'special',
  ].entries()) {
    const time = 1_600_000_000_123_456_789n + BigInt(i) * 86_400_000_000_001n;
    lower.setTimes(path as Bytes, time, time + 5n);
  }
  whileMounted(place, indexed, (view) => {
    appendFileSync(view.at(ascii('A')), NEW);
    appendFileSync(view.at(ascii('q/r')), NEW);
    chmodSync(view.at(ascii('meta')), 0o600);
    for (const path of ['su', 'fifo', 'sym', 'null'] as Bytes[]) touch(view, path);
    writeFileSync(view.at(ascii('fresh')), 'made above\n');
  });
  return place;
}

function group(
  lower: Place,
  [first = '', ...others]: readonly string[],
  make: (at: Buffer, path: Bytes) => void,
): void {
  make(lower.at(first as Bytes), first as Bytes);
  for (const other of others) linkSync(lower.at(first as Bytes), lower.at(other as Bytes));
}

/** Copies a name up and changes nothing of it. */
function touch(view: Place, path: Bytes): void {
  const { atime, mtime } = stat(AT_FDCWD, view.bytes(path));
  view.setTimes(path, atime, mtime);
}

/** Contents that must be found under some name of the upper or its index at every instant. */
export function newContents(place: OverlayPlace): string[] {
  return whileMounted(place, indexed, (view) =>
    ['A', 'q/r', 'fresh'].map((path) => readFileSync(view.at(path as Bytes), 'latin1')),
  );
}

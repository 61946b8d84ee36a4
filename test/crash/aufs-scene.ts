import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { ascii, type Bytes } from '../../src/sys/bytes.js';
import { AufsModel } from '../support/aufs-model.js';
import { kernelRoot } from '../support/kernel-root.js';
import { makeTwin } from '../support/make-twin.js';
import { Place } from '../support/place.js';

const SI = '0123456789abcdef';

// v2, permitted and effective cap_net_raw.
const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex');

/** Lower groups: names, and what they hold. */
const groups: readonly (readonly [names: readonly string[], content: string])[] = [
  [['A', 'B', 'd/C'], 'lower data of A\n'],
  [['p', 'q/r', 'q/deep/s'], 'lower data of p\n'.repeat(300)],
  [['su', 'special/su'], '#!/bin/sh\nexit 7\n'],
  [['gone', 'special/gone'], 'the names of this one will go\n'],
  [['same', 'd/same', 'special/same'], 'only its mode changes\n'],
];

/**
 * Aufs branches below `root` after a session that nobody flushed: groups with a directory to be made, one that lost
 * all its names, a removal that was cut short, odd times.
 */
export function buildAufsScene(root: string): void {
  const [lower, upper] = [new Place(join(root, 'lower')), new Place(join(root, 'upper'))];
  mkdirSync(upper.root);
  for (const path of ['d', 'q/deep', 'special']) mkdirSync(join(lower.root, path), { recursive: true });
  for (const [[first = '', ...others], content] of groups) {
    writeFileSync(lower.at(ascii(first)), content);
    for (const other of others) linkSync(lower.at(ascii(first)), lower.at(ascii(other)));
  }
  writeFileSync(lower.at(ascii('alone')), 'a file with one name\n');
  chmodSync(lower.at(ascii('special')), 0o2750);
  for (const [i, path] of ['A', 'p', 'su', 'gone', 'same', 'q/deep', 'q', 'd', 'special'].entries()) {
    const time = 1_600_000_000_123_456_789n + BigInt(i) * 86_400_000_000_001n;
    lower.setTimes(path as Bytes, time, time + 5n);
  }
  const model = new AufsModel(upper, [lower]);
  model.append(ascii('A'), 'written through the mount\n');
  model.append(ascii('q/r'), 'written through the mount\n');
  model.chmod(ascii('su'), 0o6755);
  model.append(ascii('gone'), 'the last copy of this line\n');
  model.chmod(ascii('same'), 0o600);
  upper.setXattr(ascii('su'), 'security.capability', capability);
  upper.setXattr(ascii('su'), 'user.note', Buffer.from('kept'));
  model.append(ascii('alone'), 'and more\n');
  model.create(ascii('fresh'), 'made above\n');
  writeFileSync(upper.at(ascii('.wh..wh.orph/.wh.0001')), 'half removed\n');
  chmodSync(upper.at(ascii('.wh..wh.plnk')), 0o755);
}

/**
 * What stands for the mount while it was alive: every name of the groups, and pseudo-links named after its inodes.
 *
 * @param root - with the scene below it
 * @param directory - where the mount point and the kernel root are made
 */
export function standForScene(
  root: string,
  directory: string,
): { readonly mount: string; readonly kernel: Bytes } {
  const [mount, upper] = [join(directory, 'mount'), join(root, 'upper')];
  for (const [names] of groups) {
    const copied = names.find((name) => lstatSync(join(upper, name), { throwIfNoEntry: false }));
    if (copied === undefined) continue;
    const twin = join(mount, names[0] ?? '');
    for (const name of names) mkdirSync(dirname(join(mount, name)), { recursive: true });
    writeFileSync(twin, '');
    truncateSync(twin, statSync(join(upper, copied)).size);
    makeTwin.attributes(join(upper, copied), twin);
    for (const name of names.slice(1)) linkSync(twin, join(mount, name));
    renamePlink(upper, statSync(join(upper, copied)).ino, statSync(twin).ino);
  }
  const kernel = kernelRoot(join(directory, 'kernel'), {
    mounts: [`40 25 0:40 / ${mount} rw,relatime - aufs none rw,si=${SI}`],
    files: {
      [`sys/fs/aufs/si_${SI}/br0`]: `${upper}=rw\n`,
      [`sys/fs/aufs/si_${SI}/br1`]: `${join(root, 'lower')}=ro\n`,
    },
  });
  return { mount, kernel };
}

function renamePlink(upper: string, inode: number, number: number): void {
  const plinks = join(upper, '.wh..wh.plnk');
  for (let given = 11; given < 100; given += 1) {
    const old = join(plinks, `${given}.${inode}`);
    if (lstatSync(old, { throwIfNoEntry: false }) === undefined) continue;
    renameSync(old, join(plinks, `${number}.${inode}`));
    return;
  }
  throw new Error(`no pseudo-link of inode ${inode}`);
}

/** The users remove both names of one group; its pseudo-link stays. */
export function loseNames(root: string): void {
  const upper = new Place(join(root, 'upper'));
  mkdirSync(upper.at(ascii('special')), { recursive: true });
  for (const name of ['.wh.gone', 'special/.wh.gone']) {
    linkSync(upper.at(ascii('.wh..wh.aufs')), upper.at(ascii(name)));
  }
  removeName(upper, 'gone');
}

function removeName(upper: Place, name: string): void {
  makeTwin.remove(join(upper.root, name));
}

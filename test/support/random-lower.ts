import {
  chmodSync,
  lchownSync,
  linkSync,
  mkdirSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename } from 'node:path';
import { ascii, type Bytes, joinBytes } from '../../src/sys/bytes.js';
import { makeDev, S_IFCHR, S_IFIFO, S_IFSOCK } from '../../src/sys/stat.js';
import { randomName } from './odd-name.js';
import { Place } from './place.js';
import { posixAcl } from './posix-acl.js';
import type { Random } from './random.js';

export interface LowerTraits {
  /** Hardlinked symlinks, fifos, sockets and devices. */
  readonly special: boolean;
  /** To be packed into a read-only image: no ACLs, which those do not carry, and no names of 255 bytes. */
  readonly packed: boolean;
}

type Maker = (place: Place, path: Bytes, random: Random) => void;

const special: readonly Maker[] = [
  (place, path, random) => symlinkSync(`target-${random.below(9)}`, place.at(path)),
  (place, path) => place.mknod(path, S_IFIFO | 0o640),
  (place, path) => place.mknod(path, S_IFSOCK | 0o600),
  // The whiteout is 0:0; other devices are files like any other.
  (place, path, random) => place.mknod(path, S_IFCHR | 0o600, makeDev(1, random.between(3, 5))),
];

/**
 * Fills `root` with directories, files and groups of hardlinks, all drawn from `random`. Some groups get a
 * name in `outside` too, which no layer shows.
 */
export function buildRandomLower(root: string, outside: string, random: Random, traits: LowerTraits): void {
  const place = new Place(root);
  const longest = traits.packed ? 200 : 255;
  const directories = buildDirectories(place, random, longest);
  const used = new Set<Bytes>(directories);
  const freshPath = (): Bytes | undefined => {
    const path = joinBytes(random.pick(directories), randomName(random, longest));
    if (used.has(path)) return undefined;
    used.add(path);
    return path;
  };
  const files = random.between(12, 22);
  for (let i = 0; i < files; i++) {
    const path = freshPath();
    if (path === undefined) continue;
    if (traits.special && random.chance(25)) random.pick(special)(place, path, random);
    else buildFile(place, path, random, traits);
    dress(place, path, random);
    for (let links = random.chance(65) ? random.between(1, 3) : 0; links > 0; links--) {
      const alias = freshPath();
      if (alias !== undefined) linkSync(place.at(path), place.at(alias));
    }
    if (random.chance(12)) linkSync(place.at(path), new Place(outside).at(ascii(`${basename(root)}-${i}`)));
  }
  for (const directory of directories) dressDirectory(place, directory, random, traits);
}

function buildDirectories(place: Place, random: Random, longest: number): Bytes[] {
  const directories: Bytes[] = [ascii('')];
  for (let count = random.between(2, 6); count > 0; count--) {
    const name = (random.chance(20) ? randomName(random, longest) : `d${random.below(6)}`) as Bytes;
    const path = joinBytes(random.pick(directories), name);
    if (directories.includes(path)) continue;
    mkdirSync(place.at(path));
    directories.push(path);
  }
  return directories;
}

function buildFile(place: Place, path: Bytes, random: Random, traits: LowerTraits): void {
  writeFileSync(place.at(path), `content ${random.below(1e9)}\n`.repeat(random.between(0, 30)));
  if (random.chance(10)) truncateSync(place.at(path), random.between(100_000, 300_000));
  lchownSync(place.at(path), random.pick([0, 1000, 65534]), random.pick([0, 1000]));
  chmodSync(place.at(path), random.pick([0o644, 0o600, 0o444, 0o000, 0o755, 0o4755, 0o2711, 0o6555]));
  if (random.chance(20)) place.setXattr(path, 'user.note', Buffer.from(`n${random.below(99)}`));
  if (!traits.packed && random.chance(15)) place.setXattr(path, 'system.posix_acl_access', posixAcl(1001, 6));
}

function dress(place: Place, path: Bytes, random: Random): void {
  if (random.chance(20)) place.setXattr(path, 'trusted.note', Buffer.from([0, 255, random.below(256)]));
  const time = (): bigint => 1_600_000_000_000_000_000n + BigInt(random.below(0x7fffffff)) * 12_345_679n;
  place.setTimes(path, time(), time());
}

function dressDirectory(place: Place, path: Bytes, random: Random, traits: LowerTraits): void {
  if (path !== '') {
    if (random.chance(40)) lchownSync(place.at(path), 1000, random.pick([0, 1000]));
    chmodSync(place.at(path), random.pick([0o755, 0o755, 0o700, 0o2775, 0o1777, 0o555]));
  }
  if (random.chance(15)) place.setXattr(path, 'user.dir', Buffer.from('kept'));
  if (!traits.packed && random.chance(20))
    place.setXattr(path, 'system.posix_acl_default', posixAcl(1002, 5));
  dress(place, path, random);
}

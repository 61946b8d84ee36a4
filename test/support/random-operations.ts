import {
  chmodSync,
  lchownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { ascii, type Bytes, baseOf, bytesOf, joinBytes } from '../../src/sys/bytes.js';
import { AT_FDCWD } from '../../src/sys/check.js';
import { isDirectory, isRegular, S_IFIFO, type Stat, stat } from '../../src/sys/stat.js';
import { appendTo } from './append-to.js';
import { randomName } from './odd-name.js';
import type { Place } from './place.js';
import type { Random } from './random.js';

interface Node {
  readonly path: Bytes;
  readonly stat: Stat;
}

/** What a user sees in the mount at this moment. */
interface Sight {
  readonly files: readonly Node[];
  readonly directories: readonly Bytes[];
}

type Operation = (place: Place, sight: Sight, random: Random) => string;

/** What an operation may meet in an overlay that works as it should. */
const expected = new Set([
  'EEXIST',
  'EXDEV',
  'ENOTEMPTY',
  'EINVAL',
  'EPERM',
  'EISDIR',
  'ENOTDIR',
  'ENAMETOOLONG',
]);

const onRegular =
  (name: string, act: (at: Buffer, place: Place, path: Bytes, random: Random) => void): Operation =>
  (place, sight, random) => {
    const { path } = pickFile(sight, random, ({ stat }) => isRegular(stat));
    act(place.at(path), place, path, random);
    return `${name} ${shown(path)}`;
  };

const onAny =
  (name: string, act: (at: Buffer, place: Place, path: Bytes, random: Random) => void): Operation =>
  (place, sight, random) => {
    const { path } = pickFile(sight, random, () => true);
    act(place.at(path), place, path, random);
    return `${name} ${shown(path)}`;
  };

function fresh(sight: Sight, random: Random): Bytes {
  return joinBytes(random.pick(sight.directories), randomName(random));
}

const append = onRegular('append', (at, _place, _path, random) => appendTo(at, `+${random.below(1000)}\n`));

const operations: readonly Operation[] = [
  append,
  append,
  append,
  onRegular('truncate', (at, _place, _path, random) => truncateSync(at, random.pick([0, 7, 5000]))),
  onRegular('chmod', (at, _place, _path, random) =>
    chmodSync(at, random.pick([0o640, 0o4711, 0o2755, 0o400])),
  ),
  onAny('chown', (at, _place, _path, random) =>
    lchownSync(at, random.pick([0, 7, 1000]), random.pick([0, 9])),
  ),
  onAny('unlink', (at) => unlinkSync(at)),
  onAny('unlink', (at) => unlinkSync(at)),
  onAny('utimes', (_at, place, path, random) =>
    place.setTimes(path, 1_500_000_000_123_456_789n, BigInt(random.below(1e9)) * 1_000_000_007n),
  ),
  onRegular('setxattr', (_at, place, path, random) =>
    place.setXattr(path, 'user.changed', Buffer.from(String(random.below(50)))),
  ),
  (place, sight, random) => {
    const [{ path }, to] = [pickFile(sight, random, () => true), fresh(sight, random)];
    linkSync(place.at(path), place.at(to));
    return `link ${shown(path)} ${shown(to)}`;
  },
  (place, sight, random) => {
    const { path } = pickFile(sight, random, () => true);
    const to = random.chance(25) ? pickFile(sight, random, () => true).path : fresh(sight, random);
    renameSync(place.at(path), place.at(to));
    return `rename ${shown(path)} ${shown(to)}`;
  },
  (place, sight, random) => {
    const [from, to] = [pickDirectory(sight, random), fresh(sight, random)];
    renameSync(place.at(from), place.at(to));
    return `rename-dir ${shown(from)} ${shown(to)}`;
  },
  (place, sight, random) => {
    if (random.chance(50)) throw new NothingSuitable();
    const directory = pickDirectory(sight, random);
    empty(place, directory);
    rmdirSync(place.at(directory));
    if (random.chance(60)) mkdirSync(place.at(directory), 0o750);
    return `remove-dir ${shown(directory)}`;
  },
  (place, sight, random) => {
    const path = fresh(sight, random);
    mkdirSync(place.at(path));
    return `mkdir ${shown(path)}`;
  },
  (place, sight, random) => {
    const path = fresh(sight, random);
    writeFileSync(place.at(path), 'made\n', { flag: 'wx' });
    return `make ${shown(path)}`;
  },
  (place, sight, random) => {
    const directory = pickDirectory(sight, random);
    place.setXattr(directory, 'user.dir', Buffer.from(`changed ${random.below(9)}`));
    return `setxattr-dir ${shown(directory)}`;
  },
];

const makeSpecial: Operation = (place, sight, random) => {
  const path = fresh(sight, random);
  if (random.chance(50)) symlinkSync('made', place.at(path));
  else place.mknod(path, S_IFIFO | 0o600);
  return `make special ${shown(path)}`;
};

/** Nothing here to do it on. */
class NothingSuitable extends Error {
  override readonly name = 'NothingSuitable';
}

/**
 * Does `count` random operations through a mounted union.
 *
 * @param special - whether symlinks and fifos are made too
 * @returns what was done, a line each, for the report of a failure
 */
export function operate(place: Place, count: number, random: Random, special: boolean): string[] {
  const choice = special ? [...operations, makeSpecial] : operations;
  const log: string[] = [];
  for (let i = 0; i < count; i++) {
    try {
      log.push(random.pick(choice)(place, look(place), random));
    } catch (error) {
      if (error instanceof NothingSuitable) continue;
      const { code = '', message } = error as NodeJS.ErrnoException;
      if (!expected.has(code)) throw new Error(`${message} after:\n${log.join('\n')}`, { cause: error });
      log.push(`(${code})`);
    }
  }
  return log;
}

/** Prefers a name that has others: those are what an index is about. */
function pickFile(sight: Sight, random: Random, suits: (node: Node) => boolean): Node {
  const all = sight.files.filter(suits);
  if (all.length === 0) throw new NothingSuitable();
  const linked = all.filter(({ stat }) => stat.nlink > 1);
  return random.pick(linked.length > 0 && random.chance(75) ? linked : all);
}

function pickDirectory(sight: Sight, random: Random): Bytes {
  const below = sight.directories.filter((path) => path !== '');
  if (below.length === 0) throw new NothingSuitable();
  return random.pick(below);
}

function look(place: Place): Sight {
  const files: Node[] = [];
  const directories: Bytes[] = [ascii('')];
  for (const directory of directories) {
    const names = readdirSync(place.at(directory), { encoding: 'buffer' }).map(bytesOf).sort();
    for (const name of names) {
      const path = joinBytes(directory, name);
      const facts = stat(AT_FDCWD, place.bytes(path));
      if (isDirectory(facts)) directories.push(path);
      else files.push({ path, stat: facts });
    }
  }
  return { files, directories };
}

function empty(place: Place, directory: Bytes): void {
  for (const raw of readdirSync(place.at(directory), { encoding: 'buffer' })) {
    const path = joinBytes(directory, bytesOf(raw));
    if (isDirectory(stat(AT_FDCWD, place.bytes(path)))) {
      empty(place, path);
      rmdirSync(place.at(path));
    } else unlinkSync(place.at(path));
  }
}

function shown(path: Bytes): string {
  const name = baseOf(path);
  return JSON.stringify(
    name.length > 40 ? `${path.slice(0, path.length - name.length)}${name.slice(0, 5)}…` : path,
  );
}

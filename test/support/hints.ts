import { execFileSync } from 'node:child_process';
import type { LikelyDirectory, NameHints } from '../../src/scan/hints/name-hints.js';
import { type Bytes, bytesFromText, bytesOf, parentOf } from '../../src/sys/bytes.js';
import { handleOf } from '../../src/sys/handle.js';
import { isSysError } from '../../src/sys/sys-error.js';
import { inodeOfHandle } from '../../src/union/handle-inode.js';
import type { Random } from './random.js';

/** All that a layer holds: paths by inode number, and the paths of its directories. */
function listed(root: Bytes): { readonly files: Map<bigint, Bytes[]>; readonly directories: Bytes[] } {
  const out = bytesOf(
    execFileSync(
      'find',
      [Buffer.from(root, 'latin1').toString(), '-mindepth', '1', '-printf', '%y %i %P\\0'],
      {
        maxBuffer: 2 ** 26,
      },
    ),
  );
  const files = new Map<bigint, Bytes[]>();
  const directories: Bytes[] = [];
  for (const record of out.split('\0').filter((each) => each !== '')) {
    const [, type = '', inode = '', path = ''] = /^(.) (\d+) (.*)$/s.exec(record) ?? [];
    if (type === 'd') directories.push(path as Bytes);
    else files.set(BigInt(inode), [...(files.get(BigInt(inode)) ?? []), path as Bytes]);
  }
  return { files, directories };
}

/** Knows every name there is, as btrfs does, on any file system. */
export const allKnowing: NameHints = {
  async directoriesOf({ path, fileSystem }, handles) {
    const { files } = listed(path);
    return handles.flatMap((handle) =>
      (files.get(inodeOfHandle(handle, fileSystem) ?? 0n) ?? []).map((each) => parentOf(each)),
    );
  },
};

const nonsense = ['', '/', '..', '../..', './', 'a//b', '/etc', '/proc/self/fd', 'nowhere/at/all', 'a\nb'];

/** Says what comes to its mind: directories that have nothing to do with the files, and paths that are none. */
export function lying(random: Random): NameHints {
  return {
    async directoriesOf({ path }) {
      if (random.chance(10)) return undefined;
      const { files, directories } = listed(path);
      const all = [...directories, ...[...files.values()].flat(), ...nonsense.map(bytesFromText)];
      const told = Array.from({ length: random.between(0, 12) }, () => random.pick(all));
      return told.map((each) => (random.chance(20) ? (`${each}/../${random.pick(all)}` as Bytes) : each));
    },
  };
}

/** As {@link lying}, late; names directories of the layers, and files, as lying outside of them too. */
export function lyingLate(random: Random): NameHints {
  return {
    late: {
      mayKnow: () => true,
      search: (layers) => ({
        async next() {
          if (random.chance(40)) return undefined;
          return layers.flatMap((layer) => {
            const { files, directories } = listed(layer.path);
            const all = [...directories, ...[...files.values()].flat(), '' as Bytes];
            return Array.from({ length: random.between(0, 12) }, (): LikelyDirectory => {
              const path = random.pick(all);
              const directory = random.chance(50) ? handleAt(layer.root, path) : undefined;
              return directory === undefined ? { layer, path } : { outside: layers, directory };
            });
          });
        },
        async end() {},
      }),
    },
  };
}

function handleAt(root: number, path: Bytes): ReturnType<typeof handleOf> {
  try {
    return handleOf(root, path);
  } catch (error) {
    if (isSysError(error)) return undefined;
    throw error;
  }
}

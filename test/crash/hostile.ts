import { linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ascii, type Bytes, bytesFromText } from '../../src/sys/bytes.js';
import { mount } from '../../src/sys/mount.js';
import { makeDev, S_IFBLK, S_IFCHR, S_IFIFO } from '../../src/sys/stat.js';
import { Place } from '../support/place.js';

const MS_BIND = 4096;

/** What somebody with write access to the branches does while the program works. */
export type Act = (root: string) => void;

/** Files beside the branches that must not change, whatever is done inside of them. */
export function buildOutside(root: string): string {
  const outside = join(root, 'outside');
  for (const directory of ['', 'r', 'deep', 'C', 'sub'])
    mkdirSync(join(outside, directory), { recursive: true });
  for (const file of ['secret', 's', 'sub/meta']) writeFileSync(join(outside, file), `outside: ${file}\n`);
  return outside;
}

function swapForSymlink(path: string): Act {
  return (root) => {
    renameSync(join(root, path), join(root, `${path}.away`));
    symlinkSync(join(root, 'outside'), join(root, path));
  };
}

function move(from: string, to: string): Act {
  return (root) => renameSync(join(root, from), join(root, to));
}

/** Something else takes a name that is still missing. */
function plant(path: string, make: (place: Place, path: Bytes) => void): Act {
  return (root) => {
    rmSync(join(root, path), { force: true });
    make(new Place(root), path as Bytes);
  };
}

function bindOver(path: string): Act {
  return (root) =>
    mount(
      bytesFromText(join(root, 'outside')),
      bytesFromText(join(root, path)),
      ascii(''),
      MS_BIND,
      ascii(''),
    );
}

export const acts: Readonly<Record<string, Act>> = {
  'an upper directory becomes a symlink out of the branch': swapForSymlink('upper/q'),
  'a lower directory becomes a symlink out of the branch': swapForSymlink('lower/d'),
  'a deep lower directory becomes a symlink out of the branch': swapForSymlink('lower/q/deep'),
  'an upper directory is moved away': move('upper/q', 'upper/moved'),
  'a lower directory is moved away': move('lower/q', 'lower/moved'),
  'the directory that was just made is moved away': move('upper/special', 'upper/moved'),
  'a missing name becomes a fifo': plant('upper/B', (place, path) => place.mknod(path, S_IFIFO | 0o666)),
  'a missing name becomes a character device': plant('upper/p', (place, path) =>
    place.mknod(path, S_IFCHR | 0o666, makeDev(1, 5)),
  ),
  'a missing name becomes a block device': plant('upper/p', (place, path) =>
    place.mknod(path, S_IFBLK | 0o666, makeDev(7, 99)),
  ),
  'a missing name becomes a symlink to a file outside': plant('upper/B', (place, path) =>
    symlinkSync(join(place.root, 'outside/secret'), place.at(path)),
  ),
  'a missing name becomes a directory': plant('upper/B', (place, path) => mkdirSync(place.at(path))),
  'a missing directory becomes a symlink out of the branch': plant('upper/d', (place, path) =>
    symlinkSync(join(place.root, 'outside'), place.at(path)),
  ),
  'an index entry gets one more link': (root) => linkSync(join(root, 'upper/A'), join(root, 'upper/more')),
  'a lower name becomes a fifo': plant('lower/B', (place, path) => place.mknod(path, S_IFIFO | 0o666)),
  'outside is mounted over an upper directory': bindOver('upper/q'),
  'outside is mounted over a lower directory': bindOver('lower/d'),
};

import { openBlockDevice } from '../../sys/block-device.js';
import { isSysError } from '../../sys/sys-error.js';
import { Ext4Image } from './ext4-image.js';
import { Ext4Tree, type FoundDirectory } from './ext4-tree.js';
import { SoughtInodes } from './sought-inodes.js';

/** Inode of a file system's root directory (EXT4_ROOT_INO). */
const ROOT = 2;
/** Directories between two looks at the clock. */
const STEP = 64;
/** Directories outside of the layers that are always worth a look: 10 milliseconds. */
const FEW = 4096;

/** What is looked for on one device: plain data, as another thread can take it. */
export interface Ext4Search {
  /** `st_dev` of its file system. */
  readonly dev: bigint;
  /** Of the file system, in hex; undefined where nothing tells it. */
  readonly uuid: string | undefined;
  /** Inodes of the directories below which names are looked for. */
  readonly roots: readonly number[];
  /** Inodes whose names are looked for, in the order in which they lie on the disk. */
  readonly inodes: readonly number[];
}

/** Directories that hold names. */
export interface Ext4Places {
  /** By the root that they lie below: paths from there, as byte strings. */
  readonly inside: readonly { readonly root: number; readonly paths: readonly string[] }[];
  /** Those that lie below none of the roots. */
  readonly outside: readonly { readonly inode: number; readonly generation: number }[];
}

/** Awaited now and again; throws when the work is to stop. */
type Breathe = () => Promise<void> | undefined;

/**
 * Looks for names of inodes until all are found that their link counts tell of: below the roots, then in what else there
 * is on the file system, if that is not much more.
 *
 * @returns what was found before it came to anything that it cannot read: no device, no rights, a bad sector
 */
export async function searchExt4(search: Ext4Search, breathe: Breathe): Promise<Ext4Places> {
  const places: Writable = { inside: [], outside: [] };
  let image: Ext4Image | undefined;
  try {
    image = Ext4Image.on(openBlockDevice(search.dev));
    const right = search.uuid === undefined || search.uuid === image?.geometry.uuid;
    if (image !== undefined && right) await searchImage(image, search, places, breathe);
  } catch (error) {
    if (!isSysError(error)) throw error;
  } finally {
    image?.close();
  }
  return places;
}

interface Writable {
  readonly inside: { readonly root: number; readonly paths: string[] }[];
  readonly outside: { readonly inode: number; readonly generation: number }[];
}

async function searchImage(
  image: Ext4Image,
  { roots, inodes }: Ext4Search,
  { inside, outside }: Writable,
  breathe: Breathe,
): Promise<void> {
  const sought = new SoughtInodes(image, inodes);
  const read = async (
    tree: Ext4Tree,
    most: number,
    onFound: (found: FoundDirectory) => void,
  ): Promise<void> => {
    do await breathe();
    while (!sought.complete && tree.directories <= most && tree.step(STEP, onFound));
  };
  let directories = 0;
  for (const root of roots) {
    const paths: string[] = [];
    inside.push({ root, paths });
    const tree = new Ext4Tree(image, root, sought);
    await read(tree, Number.POSITIVE_INFINITY, ({ path }) => paths.push(path));
    directories += tree.directories;
  }
  // To look through all of a large disk for a small layer takes longer than to walk that.
  const most = Math.max(directories, FEW);
  if (roots.includes(ROOT) || image.directories - directories > most) return;
  const rest = new Ext4Tree(image, ROOT, sought, new Set(roots));
  await read(rest, most, ({ inode, generation }) => outside.push({ inode, generation }));
}

import { isSysError } from '../../sys/sys-error.js';
import type { Ext4Image } from './ext4-image.js';
import type { Ext4Places } from './ext4-places.js';
import { Ext4Tree, type FoundDirectory } from './ext4-tree.js';
import { openExt4 } from './open-ext4.js';
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
  /** Not to look outside of the roots. */
  readonly insideOnly?: boolean;
}

/** Awaited now and again; throws when the work is to stop. */
type Breathe = () => Promise<void> | undefined;

/**
 * Looks for names of inodes until all are found that their link counts tell of: below the roots, then in what else there
 * is on the file system, if that is not much more. It comes to an end, too, where it cannot go on: no device, no rights,
 * a bad sector.
 *
 * @param places - gets what is found
 */
export async function searchExt4(search: Ext4Search, places: Ext4Places, breathe: Breathe): Promise<void> {
  let image: Ext4Image | undefined;
  try {
    image = openExt4(search.dev, search.uuid);
    if (image !== undefined) await searchImage(image, search, places, breathe);
  } catch (error) {
    if (!isSysError(error)) throw error;
  } finally {
    image?.close();
  }
}

async function searchImage(
  image: Ext4Image,
  { roots, inodes, insideOnly }: Ext4Search,
  places: Ext4Places,
  breathe: Breathe,
): Promise<void> {
  const reader = image.reader();
  if (reader === undefined) return;
  const sought = new SoughtInodes(reader, image.inodes, inodes);
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
    const tree = new Ext4Tree(reader, root, sought);
    await read(tree, Number.POSITIVE_INFINITY, ({ path }) => places.addInside(root, path));
    directories += tree.directories;
  }
  // To look through all of a large disk for a small layer takes longer than to walk that.
  const most = Math.max(directories, FEW);
  if (insideOnly === true || roots.includes(ROOT) || image.directories - directories > most) return;
  const rest = new Ext4Tree(reader, ROOT, sought, new Set(roots));
  await read(rest, most, ({ inode, generation }) => places.addOutside({ inode, generation }));
}

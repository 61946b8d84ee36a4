import { preadFixed } from '../../sys/data.js';
import { fixedMemory } from '../../sys/libc.js';
import { close } from '../../sys/open.js';
import { preadFully } from '../../sys/whole-data.js';
import { DirectoryReader } from './directory-reader.js';
import {
  type Ext4Geometry,
  type Ext4Groups,
  parseGroups,
  parseSuperblock,
  SUPERBLOCK_AT,
  SUPERBLOCK_SIZE,
} from './ext4-layout.js';

/**
 * An ext4 as it lies on its device. A mounted one keeps its inodes and directories in the device's page
 * cache, where each change is made at once, so that a read meets what the kernel itself would read; but nothing
 * keeps others from a block while it is read. So it only serves to find out where to look. Inodes are ext4's own numbers of
 * 32 bits: they lead to a place on the disk, and identify no file.
 */
export class Ext4Image {
  readonly geometry: Ext4Geometry;
  /** How many directories the file system says that it has. */
  readonly directories: number;
  readonly #fd: number;
  readonly #tables: Float64Array;

  private constructor(fd: number, geometry: Ext4Geometry, { tables, directories }: Ext4Groups) {
    this.#fd = fd;
    this.geometry = geometry;
    this.#tables = tables;
    this.directories = directories;
  }

  /**
   * Takes a descriptor over, and closes it where the result is undefined or an error.
   *
   * @param fd - of a device or an image
   * @returns undefined for a file system that is laid out in another way
   * @throws SysError
   */
  static on(fd: number): Ext4Image | undefined {
    let image: Ext4Image | undefined;
    try {
      const head = fixedMemory(SUPERBLOCK_SIZE);
      const whole = preadFixed(fd, head, SUPERBLOCK_SIZE, SUPERBLOCK_AT) === SUPERBLOCK_SIZE;
      const geometry = whole ? parseSuperblock(head.bytes) : undefined;
      if (geometry !== undefined) image = new Ext4Image(fd, geometry, readGroups(fd, geometry));
    } finally {
      if (image === undefined) close(fd);
    }
    return image;
  }

  close(): void {
    close(this.#fd);
  }

  /** How many inodes there may be. */
  get inodes(): number {
    return this.geometry.groups * this.geometry.inodesPerGroup;
  }

  /**
   * Something that reads its directories, until it is {@link close}d.
   *
   * @param most - see {@link DirectoryReader.on}
   * @returns undefined where its program cannot run
   */
  reader(most?: number): DirectoryReader | undefined {
    return DirectoryReader.on(this.#fd, this.geometry, this.#tables, most);
  }
}

function readGroups(fd: number, geometry: Ext4Geometry): Ext4Groups {
  const descriptors = Buffer.alloc(geometry.groups * geometry.descriptorSize);
  // What is beyond the device's end has no inodes.
  preadFully(fd, descriptors, geometry.descriptorsAt);
  return parseGroups(geometry, descriptors);
}

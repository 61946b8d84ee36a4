import type { Bytes } from '../../sys/bytes.js';
import { recordBytes, recordWords } from '../../sys/descent.js';
import type { NameStack } from '../../sys/name-stack.js';
import { DT_DIR, DT_UNKNOWN } from '../../sys/read-directory.js';
import { isDots, NAME_IN_RECORD, nameInRecord } from '../../sys/record-names.js';
import type { InodeSet } from './inode-set.js';
import type { WalkProgress } from './walk-visitor.js';

/** A name among some records that must be looked at. */
export interface SiftedName {
  readonly name: Bytes;
  /** Only a stat tells whether it is a directory. */
  readonly unknown: boolean;
  /** Its number is wanted. */
  readonly counts: boolean;
  /** Its number, where numbers are wanted. */
  readonly inode: bigint | undefined;
}

/** In words, where the record begins that was gone through last. */
let last = 0;

/**
 * Whether the records that were gone through last end with the mark by which ext4 says that nothing follows: the next
 * read would begin there, and fs/ext4/dir.c returns nothing at EXT4_HTREE_EOF_64BIT, whatever has happened since. To
 * others it is a place like any.
 */
export function endsAtMark(): boolean {
  return recordWords[last + 2] === 0xffffffff && recordWords[last + 3] === 0x7fffffff;
}

/**
 * Goes through the records that were read last.
 *
 * @param length - bytes of records
 * @param wanted - inode numbers of the names to be returned
 * @param hidden - which names are passed over
 * @param directories - gets the names of subdirectories
 */
export function siftRecords(
  length: number,
  wanted: InodeSet | 'all' | undefined,
  hidden: ((name: Bytes) => boolean) | undefined,
  directories: NameStack,
  progress: WalkProgress,
): SiftedName[] {
  const [bytes, words] = [recordBytes, recordWords];
  const sifted: SiftedName[] = [];
  let count = 0;
  for (let at = 0; at < length; ) {
    const word = at >> 2;
    last = word;
    const sizeAndType = words[word + 4] as number;
    const size = sizeAndType & 0xffff;
    const type = (sizeAndType >>> 16) & 0xff;
    count += 1;
    if (type === DT_DIR) {
      if (!isDots(bytes, at + NAME_IN_RECORD) && hidden?.(nameInRecord(at, size)) !== true)
        directories.push(bytes, at + NAME_IN_RECORD, size - NAME_IN_RECORD);
    } else {
      const unknown = type === DT_UNKNOWN;
      const counts =
        wanted !== undefined &&
        (wanted === 'all' || wanted.has(words[word] as number, words[word + 1] as number));
      if ((counts || unknown) && !(unknown && isDots(bytes, at + NAME_IN_RECORD))) {
        const name = nameInRecord(at, size);
        const inode =
          wanted === undefined || wanted === 'all'
            ? undefined
            : (BigInt(words[word + 1] as number) << 32n) | BigInt(words[word] as number);
        if (hidden?.(name) !== true) sifted.push({ name, unknown, counts, inode });
      }
    }
    at += size;
  }
  progress.names += count;
  return sifted;
}

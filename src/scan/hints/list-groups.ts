import { type Bytes, joinBytes } from '../../sys/bytes.js';
import { close } from '../../sys/open.js';
import { DT_DIR, DT_UNKNOWN, getdents } from '../../sys/read-directory.js';
import { isSysError } from '../../sys/sys-error.js';
import { openLayerPath } from '../../union/open-layer-directory.js';
import type { Layer } from '../../union/view-rules.js';
import { breather } from '../breather.js';
import { NumberList } from '../number-list.js';
import { LowerGroups } from './lower-groups.js';

/** Names beyond which no list is made: at some 24 bytes a name it would take 400 MB. */
const MOST_NAMES = 1 << 24;
const BUFFER_SIZE = 256 * 1024;

/** How many directories and names were listed. */
export type OnListed = (progress: { readonly directories: number; readonly names: number }) => void;

/**
 * Lists every name of a layer and keeps where those are that share an inode. By `d_ino` alone, so only on a file
 * system where that is the inode's number. What cannot be read is left out: the list serves for hints.
 *
 * @returns undefined for a layer with too many names
 */
export async function listGroups(
  layer: Layer,
  signal: AbortSignal | undefined,
  onListed?: OnListed,
): Promise<LowerGroups | undefined> {
  const [low, high, place] = [new NumberList(), new NumberList(), new NumberList()];
  const directories: Bytes[] = [];
  const waiting: Bytes[] = ['' as Bytes];
  const buffer = Buffer.allocUnsafe(BUFFER_SIZE);
  const words = new Uint32Array(buffer.buffer, buffer.byteOffset, BUFFER_SIZE / 4);
  const breathe = breather(signal, () => onListed?.({ directories: directories.length, names: low.length }));
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    await breathe();
    const at = directories.push(path) - 1;
    listOne(path, at);
    if (low.length > MOST_NAMES) return undefined;
  }
  return groupsOf(low, high, place, directories);

  function listOne(path: Bytes, position: number): void {
    let fd: number;
    try {
      fd = openLayerPath(layer, path);
    } catch (error) {
      if (isSysError(error)) return;
      throw error;
    }
    try {
      for (let length = getdents(fd, buffer); length > 0; length = getdents(fd, buffer)) {
        for (let at = 0; at < length; ) {
          const word = at >> 2;
          const sizeAndType = words[word + 4] as number;
          const type = (sizeAndType >>> 16) & 0xff;
          if (type === DT_DIR) {
            const name = buffer.toString('latin1', at + 19, buffer.indexOf(0, at + 19)) as Bytes;
            if (name !== '.' && name !== '..') waiting.push(joinBytes(path, name));
          } else if (type !== DT_UNKNOWN) {
            low.push(words[word] as number);
            high.push(words[word + 1] as number);
            place.push(position);
          }
          at += sizeAndType & 0xffff;
        }
      }
    } catch (error) {
      if (!isSysError(error)) throw error;
    } finally {
      close(fd);
    }
  }
}

/** Finds the numbers that occur more than once: open addressing over positions, at a load of at most a half. */
function groupsOf(low: NumberList, high: NumberList, place: NumberList, all: readonly Bytes[]): LowerGroups {
  let slots = 16;
  while (slots < low.length * 2) slots *= 2;
  const table = new Uint32Array(slots);
  const places = new Map<bigint, number[]>();
  const directories: Bytes[] = [];
  const numbered = new Map<number, number>();
  const number = (directory: number): number => {
    const known = numbered.get(directory);
    if (known !== undefined) return known;
    numbered.set(directory, directories.length);
    return directories.push(all[directory] ?? ('' as Bytes)) - 1;
  };
  for (let i = 0; i < low.length; i += 1) {
    const [l, h] = [low.at(i), high.at(i)];
    let slot = (Math.imul(l ^ Math.imul(h, 0x85ebca6b), 0x9e3779b1) >>> 0) & (slots - 1);
    for (; ; slot = (slot + 1) & (slots - 1)) {
      const other = table[slot] as number;
      if (other === 0) {
        table[slot] = i + 1;
        break;
      }
      if (low.at(other - 1) !== l || high.at(other - 1) !== h) continue;
      const inode = (BigInt(h) << 32n) | BigInt(l);
      const group = places.get(inode) ?? [number(place.at(other - 1))];
      const here = number(place.at(i));
      // One directory's names come one after another.
      if (group.at(-1) !== here) group.push(here);
      places.set(inode, group);
      break;
    }
  }
  return new LowerGroups(directories, places);
}

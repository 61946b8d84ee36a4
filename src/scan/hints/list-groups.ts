import { type Bytes, joinBytes } from '../../sys/bytes.js';
import { close } from '../../sys/open.js';
import { DT_DIR, DT_UNKNOWN, getdents } from '../../sys/read-directory.js';
import { isSysError } from '../../sys/sys-error.js';
import { openLayerPath } from '../../union/open-layer-directory.js';
import type { Layer } from '../../union/view-rules.js';
import { breather } from '../breather.js';
import { ListedNames } from './listed-names.js';
import type { LowerGroups } from './lower-groups.js';

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
  const listed = new ListedNames();
  const waiting: Bytes[] = ['' as Bytes];
  const buffer = Buffer.allocUnsafe(BUFFER_SIZE);
  const words = new Uint32Array(buffer.buffer, buffer.byteOffset, BUFFER_SIZE / 4);
  const breathe = breather(signal, () => onListed?.(listed));
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    await breathe();
    listOne(path);
    listed.addDirectory(path);
    if (listed.tooMany) return undefined;
  }
  return listed.groups();

  function listOne(path: Bytes): void {
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
            listed.add(words[word] as number, words[word + 1] as number);
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

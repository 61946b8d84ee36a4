import { TEMPORARY_PREFIX } from '../../scan/own-marks.js';
import type { IndexEntry } from '../../scan/result.js';
import type { Bytes } from '../../sys/bytes.js';
import { pwrite } from '../../sys/data.js';
import { rename, unlink } from '../../sys/names.js';
import { createFile, withFd } from '../../sys/open.js';
import { randomHex } from '../../sys/random-hex.js';
import { fsync } from '../../sys/sync.js';
import type { Union } from '../../union/union.js';
import { pathJson } from '../../words/path-json.js';

/** Where a rescued file came from, and why it had to go. */
export interface RescueNote {
  readonly union: Union;
  readonly entry: IndexEntry;
  /** One sentence. */
  readonly reason: string;
  /** Names that the group is known to have had; empty where nothing tells. */
  readonly knownNames?: readonly Bytes[];
}

/** The name of a file's note, beside it. */
export function noteOf(name: Bytes): Bytes {
  return `${name}.json` as Bytes;
}

/** A note that is written, durable, and has no name of its own yet. */
export interface WrittenNote {
  /** Gives it its name, see {@link noteOf}. */
  place(): void;
  /** Removes it, whatever its name. */
  discard(): void;
}

/**
 * Writes the note of a file that is about to be rescued as `name`: where it finds no room the file had better stay
 * where it is.
 */
export function writeRescueNote(fd: number, name: Bytes, note: RescueNote): WrittenNote {
  const { union, entry, reason, knownNames = [] } = note;
  const { inode } = entry;
  const text = JSON.stringify(
    {
      schema: 'plinkctl-rescue/1',
      rescued: new Date().toISOString(),
      file: pathJson(name),
      reason,
      entry: pathJson(entry.name),
      state: entry.state,
      format: union.format,
      branches: union.branches.map(({ path, role }) => ({ path: pathJson(path), role })),
      work: union.format === 'overlay' ? pathJson(union.work) : null,
      inode: { dev: `${inode.dev}`, ino: `${inode.ino}`, mode: inode.mode, uid: inode.uid, gid: inode.gid },
      size: `${inode.size}`,
      mtime: `${inode.mtime}`,
      knownNames: [...entry.names, ...entry.missing.map(({ path }) => path), ...knownNames].map(pathJson),
    },
    null,
    2,
  );
  const temporary = `${TEMPORARY_PREFIX}${randomHex(8)}` as Bytes;
  let written = temporary;
  const discard = (): void => {
    try {
      unlink(fd, written);
    } catch {
      // Whatever it is discarded for explains more.
    }
  };
  withFd(createFile(fd, temporary, 0o600), (file) => {
    try {
      pwrite(file, Buffer.from(`${text}\n`, 'utf8'), 0);
      fsync(file);
    } catch (error) {
      discard();
      throw error;
    }
  });
  const place = (): void => {
    rename(fd, temporary, fd, noteOf(name));
    written = noteOf(name);
  };
  return { discard, place };
}

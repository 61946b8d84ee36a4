import { type Bytes, joinBytes } from '../../sys/bytes.js';
import { mkdir } from '../../sys/names.js';
import { close, createFile } from '../../sys/open.js';
import { randomHex } from '../../sys/random-hex.js';
import { fsync } from '../../sys/sync.js';
import { openQuietly } from '../../union/open-layer-directory.js';
import type { Pace } from '../pace.js';
import { removeTree } from '../remove-tree.js';
import { inRescue } from '../rescue/in-rescue.js';
import { keepCopy } from '../rescue/keep-copy.js';
import type { Rescue } from '../rescue/rescue.js';
import { type Kept, writeKeptNote } from './kept-note.js';

/**
 * Keeps a file or a whole directory in the rescue directory, under its own name in a directory of its own that
 * nobody can guess or enter; a note beside it holds everything that is known of it. The file itself stays where
 * it is: once this returns, the caller may remove it.
 *
 * @param last - is called when it is kept, and told whether by a link; where it throws, nothing is
 * @returns where it is kept
 * @throws NotCopied where a file of it cannot be copied; Problem operational `rescue`; the reason of a stop
 */
export async function keepIn(
  rescue: Rescue,
  { dirfd, name, from, code, message }: Kept,
  pace: Pace,
  last: (linked: boolean) => void,
): Promise<Bytes> {
  const token = randomHex(12) as Bytes;
  try {
    let linked = false;
    await inRescue(rescue.path, async () => {
      const note = createFile(rescue.fd, `${token}.json` as Bytes, 0o600);
      try {
        await writeKeptNote(note, { dirfd, name, from, code, message }, pace);
      } finally {
        close(note);
      }
      mkdir(rescue.fd, token, 0o700);
      const own = openQuietly(rescue.fd, token);
      try {
        linked = await keepCopy(dirfd, name, own, pace);
        fsync(own);
      } finally {
        close(own);
      }
      fsync(rescue.fd);
    });
    last(linked);
  } catch (error) {
    discard(rescue, token);
    throw error;
  }
  return joinBytes(joinBytes(rescue.path, token), name);
}

/** Half of it must not pass for what was kept. */
function discard({ fd }: Rescue, token: Bytes): void {
  for (const name of [token, `${token}.json` as Bytes]) {
    try {
      removeTree(fd, name);
    } catch {
      // What it is discarded for explains more.
    }
  }
}

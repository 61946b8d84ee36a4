import { fileKind } from '../../scan/file-kind.js';
import { type Bytes, joinBytes } from '../../sys/bytes.js';
import { pwrite } from '../../sys/data.js';
import { mkdir } from '../../sys/names.js';
import { close, createFile, withFd } from '../../sys/open.js';
import { randomHex } from '../../sys/random-hex.js';
import { namesIn } from '../../sys/record-names.js';
import { isDirectory, type Stat, stat } from '../../sys/stat.js';
import { fsync } from '../../sys/sync.js';
import { getXattr, listXattr } from '../../sys/xattr.js';
import { openQuietly } from '../../union/open-layer-directory.js';
import { pathJson } from '../../words/path-json.js';
import type { Pace } from '../pace.js';
import { removeTree } from '../remove-tree.js';
import { inRescue } from '../rescue/in-rescue.js';
import { keepCopy } from '../rescue/keep-copy.js';
import type { Rescue } from '../rescue/rescue.js';

/** A file to be kept, and where it came from. */
export interface Kept {
  readonly dirfd: number;
  readonly name: Bytes;
  /** Absolute path. */
  readonly from: Bytes;
  /** Code of the finding. */
  readonly code: string;
  readonly message: string;
}

/**
 * Keeps a file or a whole directory in the rescue directory, under its own name in a directory of its own that
 * nobody can guess or enter; a note beside it holds everything that is known of it. The file itself stays where
 * it is: once this returns, the caller may remove it.
 *
 * @param last - is called when it is kept; where it throws, nothing is
 * @returns where it is kept
 * @throws NotCopied where a file of it cannot be copied; Problem operational `rescue`; the reason of a stop
 */
export async function keepIn(
  rescue: Rescue,
  { dirfd, name, from, code, message }: Kept,
  pace: Pace,
  last: () => void,
): Promise<Bytes> {
  const token = randomHex(12) as Bytes;
  const note = {
    schema: 'plinkctl-rescue/1',
    rescued: new Date().toISOString(),
    from: pathJson(from),
    code,
    reason: message,
    files: facts(dirfd, name, name),
  };
  const text = Buffer.from(`${JSON.stringify(note, null, 2)}\n`, 'utf8');
  try {
    await inRescue(rescue.path, async () => {
      withFd(createFile(rescue.fd, `${token}.json` as Bytes, 0o600), (file) => {
        pwrite(file, text, 0);
        fsync(file);
      });
      mkdir(rescue.fd, token, 0o700);
      const own = openQuietly(rescue.fd, token);
      try {
        await keepCopy(dirfd, name, own, pace);
        fsync(own);
      } finally {
        close(own);
      }
      fsync(rescue.fd);
    });
    last();
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

type Facts = Readonly<Record<string, unknown>>;

/** What a note tells of a file, and of all below it. */
function facts(dirfd: number, name: Bytes, path: Bytes): Facts[] {
  const s = stat(dirfd, name);
  const own = { path: pathJson(path), ...statFacts(s), xattrs: attributes(dirfd, name) };
  if (!isDirectory(s)) return [own];
  const below = withFd(openQuietly(dirfd, name), (fd) =>
    namesIn(fd).flatMap((child) => facts(fd, child, joinBytes(path, child))),
  );
  return [own, ...below];
}

function statFacts(s: Stat): Facts {
  return {
    kind: fileKind(s.mode),
    dev: `${s.dev}`,
    ino: `${s.ino}`,
    nlink: s.nlink,
    mode: (s.mode & 0o7777).toString(8).padStart(4, '0'),
    uid: s.uid,
    gid: s.gid,
    size: `${s.size}`,
    mtime: `${s.mtime}`,
    ctime: `${s.ctime}`,
  };
}

function attributes(dirfd: number, name: Bytes): Readonly<Record<string, string>> {
  const values = listXattr(dirfd, name).map((attribute) => {
    return [attribute, getXattr(dirfd, name, attribute)?.toString('hex') ?? ''] as const;
  });
  return Object.fromEntries(values);
}

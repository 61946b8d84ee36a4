import { fileKind } from '../../scan/file-kind.js';
import { type Bytes, joinBytes } from '../../sys/bytes.js';
import { pwrite } from '../../sys/data.js';
import type { Stat } from '../../sys/stat.js';
import { fsync } from '../../sys/sync.js';
import { getXattr, listXattr } from '../../sys/xattr.js';
import { treeSteps } from '../../union/tree-steps.js';
import { pathJson } from '../../words/path-json.js';
import type { Pace } from '../pace.js';
import { SELF } from '../site.js';

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

/** Characters of a note that are written at a time. */
const PIECE = 256 * 1024;
/** A longer path is told by its directory: written in full, the paths of a deep tree would fill the disk. */
const LONGEST_PATH = 4096;

/** Writes into an empty file what is known of a file that is to be kept and of all below it, durably. */
export async function writeKeptNote(
  fd: number,
  { dirfd, name, from, code, message }: Kept,
  pace: Pace,
): Promise<void> {
  let at = 0;
  let text = '';
  const write = (): void => {
    const piece = Buffer.from(text, 'utf8');
    pwrite(fd, piece, at);
    at += piece.length;
    text = '';
  };
  const head = {
    schema: 'plinkctl-rescue/1',
    rescued: new Date().toISOString(),
    from: pathJson(from),
    code,
    reason: message,
  };
  text = `${JSON.stringify(head, null, 2).slice(0, -'\n}'.length)},\n  "files": [`;
  let separator = '';
  for (const each of facts(dirfd, name)) {
    text += `${separator}\n    ${JSON.stringify(each)}`;
    separator = ',';
    if (text.length >= PIECE) write();
    if (pace.due) await pace.breathe();
  }
  text += '\n  ]\n}\n';
  write();
  fsync(fd);
}

type Facts = Readonly<Record<string, unknown>>;

/** A directory on the way, and its place in the list. */
interface Above {
  readonly path: Bytes;
  readonly index: number;
}

/** What a note tells of a file, and of all below it. `path` begins at `in`, a place in the list, where there is one. */
function* facts(dirfd: number, name: Bytes): Generator<Facts> {
  const above: Above[] = [];
  let index = 0;
  for (const step of treeSteps(dirfd, name)) {
    if (step.at === 'leave') above.pop();
    if (step.at === 'leave' || step.at === 'left') continue;
    const directory = above.at(-1);
    const path = directory === undefined ? name : joinBytes(directory.path, step.name);
    const where =
      directory === undefined || path.length <= LONGEST_PATH
        ? { path: pathJson(path) }
        : { path: pathJson(step.name), in: directory.index };
    const self = step.at === 'enter' ? SELF : step.name;
    yield { ...where, ...statFacts(step.stat), xattrs: attributes(step.dirfd, self) };
    if (step.at === 'enter') above.push({ path, index });
    index += 1;
  }
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

import { RUNNING_XATTR } from '../../scan/own-marks.js';
import type { RepairAction, SeenSpot } from '../../scan/repair-action.js';
import type { Finding } from '../../scan/result.js';
import { chmod } from '../../sys/attributes.js';
import type { Bytes } from '../../sys/bytes.js';
import { link } from '../../sys/names.js';
import { O_NOFOLLOW, O_NONBLOCK, O_RDONLY, openBeneath, withFd } from '../../sys/open.js';
import { fsync, syncfs } from '../../sys/sync.js';
import { SysError, unless } from '../../sys/sys-error.js';
import { getXattr, removeXattr, setXattr } from '../../sys/xattr.js';
import { concernsAll } from '../concerns-all.js';
import { linkFailure } from '../link-failure.js';
import { removeTree } from '../remove-tree.js';
import { NotCopied } from '../rescue/not-copied.js';
import { SELF } from '../site.js';
import { writeFailure } from '../write-failure.js';
import { linkGroup } from './link-group.js';
import { refuseChanged } from './refuse-changed.js';
import { keep, type RepairRun, type RepairSurroundings, takingMarks, within } from './repair-run.js';
import { SpotChanged } from './repair-site.js';

/** One repair to carry out. */
export interface Repair {
  readonly finding: Finding;
  readonly action: RepairAction;
}

/** What became of one repair. */
export interface RepairOutcome {
  readonly finding: Finding;
  readonly done: boolean;
  /** Why not. */
  readonly reason: string | undefined;
  /** Where what had no place any more is kept. */
  readonly kept: readonly Bytes[];
}

/**
 * Carries out one repair, whole or not at all; stopped in the middle, a rerun finds what is left. Everything is looked
 * at again first: another file under the name by now is left alone. What it moves or links is durable on return, the
 * change of an attribute or a mode after {@link RepairSite.sync}.
 *
 * @throws Problem operational where the file system refuses in a way that concerns every repair; the reason of a stop; what
 *   tells that somebody has mounted the union
 */
export async function carryOut(
  around: RepairSurroundings,
  { finding, action }: Repair,
): Promise<RepairOutcome> {
  const kept: Bytes[] = [];
  try {
    await perform({ ...around, finding, kept }, action);
    return { finding, done: true, reason: undefined, kept };
  } catch (error) {
    if (isOwnRefusal(error)) return { finding, done: false, reason: error.message, kept };
    if (!(error instanceof SysError) || concernsAll(error)) throw writeFailure(error, around.at.site.union);
    return { finding, done: false, reason: linkFailure(error), kept };
  }
}

async function perform(run: RepairRun, action: RepairAction): Promise<void> {
  const { at } = run;
  if (action.kind === 'flush' || action.kind === 'settle') throw new Error(`${action.kind} is done by apply`);
  if (action.kind === 'link') {
    await within(at.find(action.from), (from) =>
      whileRunning(at.site.layer(action.from.branch).root, () => linkGroup(run, action, from)),
    );
    return;
  }
  await within(at.find(action.at), async ({ dirfd, name }) => {
    switch (action.kind) {
      case 'rescue':
        await moveOut(run, action.at, dirfd, name);
        break;
      case 'remove':
        removeTree(dirfd, name);
        break;
      case 'set-attribute':
        setXattr(dirfd, name, action.attribute, Buffer.from(action.value, 'hex'));
        break;
      case 'remove-attribute':
        removeXattr(dirfd, name, action.attribute);
        break;
      case 'chmod':
        withFd(openBeneath(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK), (fd) => chmod(fd, action.mode));
        break;
      case 'enter':
        link(dirfd, name, at.site.index(action.at.branch), action.entry);
        break;
    }
    if (!isOfInode(action)) syncfs(dirfd);
  });
}

/** Of these there may be one for every entry, and none builds on another: {@link RepairSite.sync} makes them durable. */
function isOfInode({ kind }: RepairAction): boolean {
  return kind === 'set-attribute' || kind === 'remove-attribute' || kind === 'chmod';
}

/**
 * Runs `body` under the mark that tells a later scan to look for what an interruption leaves: temporary names, and times
 * still owed. The mark of an earlier run that was interrupted stays: what that one owes is not paid here.
 */
async function whileRunning(root: number, body: () => Promise<void>): Promise<void> {
  const owed = getXattr(root, SELF, RUNNING_XATTR) !== undefined;
  const marked = unless(['EPERM', 'EOPNOTSUPP'], () => {
    if (!owed) setXattr(root, SELF, RUNNING_XATTR, Buffer.from('1'));
    return true;
  });
  const settled = (): void => {
    if (marked === true && !owed) removeXattr(root, SELF, RUNNING_XATTR);
  };
  try {
    await body();
  } catch (error) {
    if (isOwnRefusal(error)) settled();
    throw error;
  }
  settled();
}

/** What a repair refuses of itself, with nothing left half-done. */
function isOwnRefusal(error: unknown): error is SpotChanged | NotCopied {
  return error instanceof SpotChanged || error instanceof NotCopied;
}

async function moveOut(run: RepairRun, spot: SeenSpot, dirfd: number, name: Bytes): Promise<void> {
  const kept = await keep(run, spot, { dirfd, name });
  takingMarks(run.at, dirfd, name, () => {
    refuseChanged(dirfd, name, kept);
    removeTree(dirfd, name);
    fsync(dirfd);
  });
}

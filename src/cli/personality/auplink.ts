import { Problem } from '../../problem.js';
import type { Bytes } from '../../sys/bytes.js';
import { isSysError } from '../../sys/sys-error.js';
import type { AufsUnion } from '../../union/union.js';
import { shown, textOf } from '../../words/shown.js';
import { scanUnion } from '../scan-union.js';
import { throughMount } from '../through-mount.js';
import { mountedAufs } from './flush-mounted-aufs.js';
import { attempt, type Ending, type Helper, startHelper, told } from './helper.js';
import type { Personality } from './personality.js';

const USAGE = 'usage: auplink MOUNTPOINT list|cpup|flush';

const [EINTR, EIO, EACCES, EBUSY, EINVAL] = [4, 5, 13, 16, 22] as const;

/** auplink(8) of aufs-util: lists, links or flushes the pseudo-links of a mounted aufs. It ends with an errno. */
export const auplink: Personality = {
  async run(argv, streams, signal) {
    const name = 'auplink';
    try {
      const helper = startHelper(name, argv, streams, signal);
      const [mountpoint, command, ...more] = helper.argv;
      if (mountpoint === undefined || command === undefined || more.length > 0) {
        throw new Problem('usage', 'usage', USAGE);
      }
      const union = mountedAufs(helper, mountpoint);
      switch (command) {
        case 'list':
          return await list(helper, union);
        case 'cpup':
          return await link(helper, union, 'restore');
        case 'flush':
          return await link(helper, union, 'flush');
        default:
          throw new Problem('usage', 'usage', USAGE);
      }
    } catch (error) {
      told({ say: (text) => streams.err(`${name}: ${text}\n`) }, error);
      return errnoOf(error);
    }
  },
};

async function list({ context }: Helper, union: AufsUnion): Promise<number> {
  const { entries } = await scanUnion(union, false, context);
  const paths = entries
    .flatMap(({ names, missing }) => [...names, ...missing.map(({ path }) => path)])
    .sort((a, b) => (a < b ? -1 : 1));
  context.streams.out(paths.map((path) => `./${textOf(path) ?? shown(path as Bytes)}\n`).join(''));
  return 0;
}

async function link(helper: Helper, union: AufsUnion, goal: 'restore' | 'flush'): Promise<number> {
  const { settings, context } = helper;
  let failed: unknown;
  const ending = await attempt(helper, async () => {
    try {
      return await throughMount(union, { goal, wait: settings.wait, dryRun: false }, context);
    } catch (error) {
      failed = error;
      throw error;
    }
  });
  return failed === undefined ? statusOf(ending, settings.strict) : errnoOf(failed);
}

function statusOf(ending: Ending, strict: boolean): number {
  if (ending === 'done' || (ending === 'kept' && !strict)) return 0;
  return ending === 'interrupted' ? EINTR : EIO;
}

// EINVAL is what the classic program says of a mount that it does not find, and what its callers retry on.
function errnoOf(error: unknown): number {
  if (isSysError(error)) return error.errno;
  if (!(error instanceof Problem)) return EINTR;
  if (isSysError(error.cause)) return error.cause.errno;
  if (error.kind === 'busy') return EBUSY;
  if (error.code === 'permission') return EACCES;
  return error.code === 'timeout' ? EINTR : EINVAL;
}

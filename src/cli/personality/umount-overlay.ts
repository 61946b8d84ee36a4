import { overlayInUse, refuseIfInUse } from '../../lock/in-use.js';
import { Problem } from '../../problem.js';
import { failureText } from '../../report/failure.js';
import type { Bytes } from '../../sys/bytes.js';
import { countEntries } from '../../union/count-entries.js';
import { describeTarget } from '../../union/target.js';
import type { OverlayUnion } from '../../union/union.js';
import { verify } from '../../union/verify.js';
import { failureOf } from '../failure.js';
import { mend } from '../mend.js';
import { attempt, type Helper, startHelper, told } from './helper.js';
import { mountStatus, statusOf } from './mount-status.js';
import type { Personality } from './personality.js';
import { runProgram } from './run-program.js';
import { umountArguments } from './umount-arguments.js';

/**
 * umount(8)'s helper for overlay: unmounts, then flushes the index of what was unmounted, while nobody has it. The
 * branches are the kernel's to tell, so they are asked for before.
 */
export const umountOverlay: Personality = {
  async run(argv, streams, signal) {
    const name = 'umount.overlay';
    const say = (text: string): void => streams.err(`${name}: ${text}\n`);
    let helper: Helper;
    let words: readonly Bytes[];
    let union: OverlayUnion | undefined;
    try {
      helper = startHelper(name, argv, streams, signal);
      const args = umountArguments(helper.argv);
      words = args.words;
      union = args.namespace === undefined ? flushable(helper, args.target) : undefined;
    } catch (error) {
      return told({ say }, error) === 'usage' ? mountStatus.usage : mountStatus.system;
    }
    const status = runProgram('umount', words, streams.env);
    if (status !== 0 || union === undefined) return status;
    const free: OverlayUnion = { ...union, mounted: undefined };
    const ending = await attempt(helper, () => flush(helper, free));
    return statusOf(ending, helper.settings);
  },
};

/** The union at a mount point, if its index has anything to be flushed. */
function flushable({ settings, context, say }: Helper, target: Bytes): OverlayUnion | undefined {
  if (settings.goal === 'nothing') return undefined;
  try {
    const described = describeTarget({ mountpoint: target }, context.kernelRoot);
    const count = countEntries(described);
    if (described.format !== 'overlay' || !('entries' in count) || count.entries === 0) return undefined;
    // A volatile overlay was given up by whoever mounted it so.
    if (described.options.volatile) return undefined;
    const union = verify(described);
    return union.format === 'overlay' ? union : undefined;
  } catch (error) {
    // It may still be unmounted, and umount itself says best what is wrong with a mount point.
    if (error instanceof Problem && !['not-a-union', 'no-upper'].includes(error.code)) {
      say(failureText({ ...failureOf(error), hint: undefined }));
    }
    return undefined;
  }
}

async function flush({ settings, context, say }: Helper, union: OverlayUnion) {
  const { inUse, where } = overlayInUse(union, { kernelRoot: context.kernelRoot });
  // Detached by -l: no other umount of it will come.
  if (inUse && where === undefined) {
    say('its index is not flushed: a process still has a file of it open');
  }
  if (inUse) refuseIfInUse(union, { kernelRoot: context.kernelRoot });
  // Handles that NFS clients still have would die with the entries.
  const goal = settings.goal === 'restore' || union.options.nfsExport === true ? 'restore' : 'flush';
  return mend(union, goal, { 'dry-run': undefined, wait: `${settings.wait}` as Bytes }, context);
}

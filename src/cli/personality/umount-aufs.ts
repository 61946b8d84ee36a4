import { flushMountedAufs } from './flush-mounted-aufs.js';
import { attempt, startHelper, told } from './helper.js';
import { mountStatus, statusOf } from './mount-status.js';
import type { Personality } from './personality.js';
import { runProgram } from './run-program.js';
import { umountArguments } from './umount-arguments.js';

/** umount(8)'s helper for aufs: flushes while the kernel still knows its pseudo-links, then unmounts. */
export const umountAufs: Personality = {
  async run(argv, streams, signal) {
    const name = 'umount.aufs';
    try {
      const helper = startHelper(name, argv, streams, signal);
      const { target, namespace, words } = umountArguments(helper.argv);
      if (namespace === undefined) {
        const ending = await attempt(helper, () => flushMountedAufs(helper, target));
        const status = statusOf(ending, helper.settings);
        if (status !== 0) return status;
      }
      return runProgram('umount', words, streams.env);
    } catch (error) {
      const say = (text: string): void => streams.err(`${name}: ${text}\n`);
      return told({ say }, error) === 'usage' ? mountStatus.usage : mountStatus.system;
    }
  },
};

import { Problem } from '../../problem.js';
import type { Bytes } from '../../sys/bytes.js';
import { flushMountedAufs } from './flush-mounted-aufs.js';
import { attempt, startHelper, told } from './helper.js';
import { mountStatus, statusOf } from './mount-status.js';
import { needsFlush } from './needs-flush.js';
import type { Personality } from './personality.js';
import { runProgram } from './run-program.js';
import { shortOptions } from './short-options.js';

/** mount(8)'s helper for aufs: flushes before a remount that would strand pseudo-links, then mounts. */
export const mountAufs: Personality = {
  async run(argv, streams, signal) {
    const name = 'mount.aufs';
    try {
      const helper = startHelper(name, argv, streams, signal);
      const { source, target, fake, options, words } = mountArguments(helper.argv);
      if (!fake && needsFlush(options)) {
        const ending = await attempt(helper, () => flushMountedAufs(helper, target));
        const status = statusOf(ending, helper.settings);
        if (status !== 0) return status;
      }
      return runProgram('mount', [...words, '--' as Bytes, source, target], streams.env);
    } catch (error) {
      const say = (text: string): void => streams.err(`${name}: ${text}\n`);
      return told({ say }, error) === 'usage' ? mountStatus.usage : mountStatus.system;
    }
  },
};

/** What mount(8) tells its helpers: `SPEC DIR [-sfnv] [-N NAMESPACE] [-o OPTIONS] [-t TYPE.SUBTYPE]`. */
function mountArguments(argv: readonly Bytes[]) {
  const { flags, values, words } = shortOptions(argv, 'sfnvirw', 'Not');
  const [source, target, ...more] = words;
  if (source === undefined || target === undefined || more.length > 0) {
    throw new Problem('usage', 'usage', 'usage: SPEC DIR [-sfnv] [-N NAMESPACE] [-o OPTIONS] [-t TYPE]');
  }
  const options = (values.get('o') ?? []).join(',') as Bytes;
  const namespace = values.get('N')?.at(-1);
  const passed = [...new Set(flags)].filter((flag) => flag !== 'i').map((flag) => `-${flag}` as Bytes);
  return {
    source,
    target,
    // The mount is in another namespace than the branches that would be flushed here.
    fake: flags.includes('f') || namespace !== undefined,
    options: flags.includes('r') ? (`${options},ro` as Bytes) : options,
    words: [
      '-i' as Bytes,
      ...passed,
      ...(namespace === undefined ? [] : ['-N' as Bytes, namespace]),
      '-t' as Bytes,
      values.get('t')?.at(-1) ?? ('aufs' as Bytes),
      ...(options === '' ? [] : ['-o' as Bytes, options]),
    ],
  };
}

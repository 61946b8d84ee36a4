import { Problem } from '../../problem.js';
import type { Report } from '../../report/report.js';
import { scanReport } from '../../report/scan-report.js';
import { plain } from '../../report/style.js';
import type { Bytes } from '../../sys/bytes.js';
import { resolveTarget, type TargetWords } from '../../union/target.js';
import type { Union } from '../../union/union.js';
import type { Json } from '../../words/json.js';
import { exitCode } from '../exit-code.js';
import { failureOf } from '../failure.js';
import { repairUnion } from '../repair-union.js';
import { scanUnion } from '../scan-union.js';
import { stopwatch } from '../stopwatch.js';
import { type Helper, startHelper, told } from './helper.js';
import type { Personality } from './personality.js';
import { shortOptions } from './short-options.js';

const USAGE = 'usage: fsck.overlay [-n | -p | -y] [-fv] -o lowerdir=…,upperdir=…,workdir=… | MOUNTPOINT';

/** Exit codes of fsck(8). */
const fsckStatus = { good: 0, corrected: 1, left: 4, operational: 8, usage: 16, cancelled: 32 } as const;

/** fsck(8)'s checker of overlays: `-n` looks, `-p` and `-y` mend what is safe, without any of them it asks. */
export const fsckOverlay: Personality = {
  async run(argv, streams, signal) {
    const name = 'fsck.overlay';
    try {
      const helper = startHelper(name, argv, streams, signal);
      const { flags, values, words } = shortOptions(helper.argv, 'npayfvVhrMT', 'oC');
      if (flags.includes('h') || flags.includes('V')) {
        streams.out(`${USAGE}\n`);
        return fsckStatus.good;
      }
      const union = namedUnion(unionWords(values.get('o') ?? [], words), helper.context.kernelRoot);
      if (union.format !== 'overlay') throw new Problem('usage', 'other-format', 'this is not an overlay');
      const yes = ['p', 'a', 'y'].some((flag) => flags.includes(flag));
      const report = await (flags.includes('n') ? look(helper, union) : mend(helper, union, yes));
      const verbosity = flags.includes('v') ? 'verbose' : 'normal';
      const lines = report.text({ style: plain, verbosity });
      streams.out(lines.map(({ text }) => `${text}\n`).join(''));
      return statusOf(report.exitCode) | (wasCorrected(report) ? fsckStatus.corrected : 0);
    } catch (error) {
      told({ say: (text) => streams.err(`${name}: ${text}\n`) }, error);
      return statusOf(failureOf(error).exitCode);
    }
  },
};

/** Mounted, or else as fstab has it. */
function namedUnion(words: TargetWords, kernelRoot: Bytes): Union {
  try {
    return resolveTarget(words, kernelRoot);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'not-mounted') throw error;
    return resolveTarget({ ...words, fstab: '' as Bytes }, kernelRoot);
  }
}

function unionWords(options: readonly Bytes[], words: readonly Bytes[]): TargetWords {
  const [mountpoint, ...more] = words;
  // fsck(8) gives the device field of fstab too, which says nothing of an overlay.
  if (options.length > 0) return { options, format: 'overlay' };
  if (mountpoint === undefined || more.length > 0) throw new Problem('usage', 'usage', USAGE);
  return { mountpoint };
}

async function look({ context }: Helper, union: Union): Promise<Report> {
  const seconds = stopwatch();
  return scanReport('check', await scanUnion(union, true, context), seconds());
}

async function mend({ context, settings }: Helper, union: Union, yes: boolean): Promise<Report> {
  return repairUnion(
    union,
    {
      yes,
      rescue: undefined,
      rejoin: undefined,
      unbreak: undefined,
      'dry-run': undefined,
      wait: `${settings.wait}` as Bytes,
    },
    context,
  );
}

function wasCorrected(report: Report): boolean {
  const { repairs } = report.json();
  return Array.isArray(repairs) && repairs.some((repair: Json) => isDone(repair));
}

function isDone(repair: Json): boolean {
  return typeof repair === 'object' && repair !== null && 'done' in repair && repair.done === true;
}

function statusOf(code: number): number {
  switch (code) {
    case exitCode.done:
      return fsckStatus.good;
    case exitCode.attention:
      return fsckStatus.left;
    case exitCode.usage:
      return fsckStatus.usage;
    case exitCode.interrupted:
    case exitCode.terminated:
      return fsckStatus.cancelled;
    default:
      return fsckStatus.operational;
  }
}

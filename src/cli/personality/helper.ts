import { milliseconds } from '../../milliseconds.js';
import { failureText } from '../../report/failure.js';
import { noProgress } from '../../report/progress.js';
import type { Report } from '../../report/report.js';
import { plain } from '../../report/style.js';
import type { Bytes } from '../../sys/bytes.js';
import type { Context, Streams } from '../context.js';
import { exitCode } from '../exit-code.js';
import { failureOf } from '../failure.js';
import { rawArguments } from '../raw-arguments.js';
import { withTimeout } from '../with-timeout.js';
import { type HelperSettings, helperSettings } from './settings.js';

/** One run under another program's name. */
export interface Helper {
  readonly argv: readonly Bytes[];
  readonly settings: HelperSettings;
  readonly context: Context;
  /** A line on stderr. */
  say(text: string): void;
}

/** How a part of the work went, in words that every program has a number for. */
export type Ending = 'done' | 'kept' | 'in-use' | 'busy' | 'failed' | 'usage' | 'interrupted';

/**
 * Sets a run up. `--kernel-root DIR` as the first argument is for tests.
 *
 * @throws Problem `usage` where the settings cannot be read
 */
export function startHelper(
  name: string,
  argv: readonly string[],
  streams: Streams,
  signal: AbortSignal,
): Helper {
  const words = rawArguments(argv);
  const told = words[0] === '--kernel-root';
  const kernelRoot = (told ? (words[1] ?? '') : '') as Bytes;
  const settings = helperSettings(streams.env, kernelRoot);
  const timeout = settings.timeout === 0 ? undefined : settings.timeout;
  const say = (text: string): void => {
    for (const line of text.split('\n')) streams.err(`${name}: ${line}\n`);
  };
  return {
    argv: told ? words.slice(2) : words,
    settings,
    say,
    context: {
      streams,
      signal: withTimeout(signal, timeout),
      threads: undefined,
      deadline: timeout === undefined ? undefined : milliseconds() + timeout * 1000,
      kernelRoot,
      notice: ({ text, level }) => level !== 'info' && say(text),
      progress: noProgress,
    },
  };
}

/**
 * Does a part of the work and says on stderr what needs attention of it. Nothing is said of a union that somebody else
 * has mounted still: that one's umount will see to it.
 */
export async function attempt(helper: Helper, work: () => Promise<Report | undefined>): Promise<Ending> {
  try {
    const report = await work();
    if (report === undefined) return 'done';
    const lines = report.text({ style: plain, verbosity: 'quiet' });
    for (const { level, text } of lines) {
      if (text !== '' && (level === 'warning' || level === 'error')) helper.say(text);
    }
    return endingOf(report.exitCode);
  } catch (error) {
    return failureOf(error).code === 'in-use' ? 'in-use' : told(helper, error);
  }
}

/** Says what went wrong. */
export function told(helper: Pick<Helper, 'say'>, error: unknown): Ending {
  const failure = failureOf(error);
  helper.say(failureText(failure));
  return endingOf(failure.exitCode);
}

function endingOf(code: number): Ending {
  switch (code) {
    case exitCode.done:
      return 'done';
    case exitCode.attention:
      return 'kept';
    case exitCode.busy:
      return 'busy';
    case exitCode.usage:
      return 'usage';
    case exitCode.interrupted:
    case exitCode.terminated:
      return 'interrupted';
    default:
      return 'failed';
  }
}

import { type Failure, failureJson, failureText } from '../report/failure.js';
import { jsonText } from '../report/json-text.js';
import { formatNotice, type LogFormat } from '../report/notice.js';
import type { Bytes } from '../sys/bytes.js';
import type { Streams } from './context.js';
import { failureOf } from './failure.js';
import { parseLean } from './parse-lean.js';
import { commandAt } from './parsed-line.js';
import { personalityOf } from './personality-of.js';
import { rawArguments } from './raw-arguments.js';
import { runCommand } from './run-command.js';
import { stopSignals } from './stop-signals.js';
import { commands } from './table.js';
import { askYargs } from './yargs.js';

/**
 * Runs one command line, whatever is on it.
 *
 * @returns the exit code
 */
export async function runLine(
  argv0: string,
  argv: readonly string[],
  version: string,
  streams: Streams,
): Promise<number> {
  const stop = stopSignals();
  try {
    const personality = personalityOf(argv0, argv);
    if (personality !== undefined) {
      return await (await personality.load()).run(personality.argv, streams, stop.signal);
    }
    const words = helpWords(rawArguments(argv));
    let line = parseLean(commands, words);
    if (line === undefined) {
      const answer = await askYargs(commands, words, {
        version,
        columns: streams.columns,
        shell: streams.env.SHELL,
      });
      if ('output' in answer) {
        streams.out(answer.output);
        return 0;
      }
      line = answer;
    }
    return await runCommand(line, version, streams, stop.signal);
  } catch (error) {
    return fail(error, argv, streams);
  } finally {
    stop.release();
  }
}

// `plinkctl help COMMAND`, as git and others have it.
function helpWords(words: readonly Bytes[]): readonly Bytes[] {
  return words[0] === 'help' ? [...words.slice(1), '--help' as Bytes] : words;
}

function fail(error: unknown, argv: readonly string[], streams: Streams): number {
  const failure = failureOf(error);
  if (!argv.includes('--json') || !tellProgram(failure, argv, streams)) {
    streams.err(formatNotice({ level: 'error', text: failureText(failure) }, logFormat(argv, streams)));
  }
  return failure.exitCode;
}

/** False where the document cannot be written: that may be the very failure. */
function tellProgram(failure: Failure, argv: readonly string[], streams: Streams): boolean {
  const document = {
    schema: 'plinkctl/1',
    command:
      commandAt(commands, argv)?.[0].name ?? argv.slice(0, 1).find((word) => !word.startsWith('-')) ?? null,
    error: failureJson(failure),
    exitCode: failure.exitCode,
  };
  try {
    streams.out(jsonText(document));
    return true;
  } catch {
    return false;
  }
}

// The command line may be the very thing that could not be read.
function logFormat(argv: readonly string[], streams: Streams): LogFormat {
  const value = argv.join('\n').match(/^--log-format[=\n](.*)$/m)?.[1];
  if (value === 'systemd' || value === 'json' || value === 'text') return value;
  return streams.errIsJournal === true ? 'systemd' : 'text';
}

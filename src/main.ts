import { readFileSync } from 'node:fs';
import type { Streams } from './cli/context.js';
import { failureOf } from './cli/failure.js';
import { parseLean } from './cli/parse-lean.js';
import { commandAt } from './cli/parsed-line.js';
import { personalityOf } from './cli/personality.js';
import { rawArguments } from './cli/raw-arguments.js';
import { runCommand } from './cli/run-command.js';
import { Stopped } from './cli/stopped.js';
import { processStreams } from './cli/streams.js';
import { commands } from './cli/table.js';
import { failureJson, failureText } from './report/failure.js';
import { formatNotice, type LogFormat } from './report/notice.js';

/**
 * Runs one command line.
 *
 * @param argv0 - path under which the program was called; its base name chooses the personality
 * @param argv - the arguments after it
 * @param streams - where output goes; the process' own unless told
 * @returns the exit code
 */
export async function main(
  argv0: string,
  argv: readonly string[],
  streams: Streams = processStreams(),
): Promise<number> {
  if (argv.length === 1 && argv[0] === '--version') {
    streams.out(`${version()}\n`);
    return 0;
  }
  const stop = new AbortController();
  const onInterrupt = () => stop.abort(new Stopped('SIGINT'));
  const onTerminate = () => stop.abort(new Stopped('SIGTERM'));
  // Once: a second signal ends the process in the ordinary way.
  process.once('SIGINT', onInterrupt);
  process.once('SIGTERM', onTerminate);
  try {
    const personality = personalityOf(argv0, argv);
    if (personality !== undefined) {
      return await (await personality.load()).run(personality.argv, streams, stop.signal);
    }
    const words = rawArguments(argv);
    let line = parseLean(commands, words);
    if (line === undefined) {
      const { askYargs } = await import('./cli/yargs.js');
      const answer = await askYargs(commands, words, { version: version(), columns: streams.columns });
      if ('output' in answer) {
        streams.out(answer.output);
        return 0;
      }
      line = answer;
    }
    return await runCommand(line, streams, stop.signal);
  } catch (error) {
    return fail(error, argv, streams);
  } finally {
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onTerminate);
  }
}

function fail(error: unknown, argv: readonly string[], streams: Streams): number {
  const failure = failureOf(error);
  if (argv.includes('--json')) {
    const document = {
      schema: 'plinkctl/1',
      command: commandAt(commands, argv)?.[0].name ?? argv[0] ?? null,
      error: failureJson(failure),
      exitCode: failure.exitCode,
    };
    streams.out(`${JSON.stringify(document, null, 2)}\n`);
  } else {
    streams.err(formatNotice({ level: 'error', text: failureText(failure) }, logFormat(argv)));
  }
  return failure.exitCode;
}

// The command line may be the very thing that could not be read.
function logFormat(argv: readonly string[]): LogFormat {
  const value = argv.join('\n').match(/^--log-format[=\n](.*)$/m)?.[1];
  return value === 'systemd' || value === 'json' ? value : 'text';
}

// The bundle and this source file are both one directory below package.json.
function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

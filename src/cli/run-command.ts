import { milliseconds } from '../milliseconds.js';
import { lowerCache } from '../record/lower-cache.js';
import { stateDirectoryPath } from '../record/state-directory.js';
import { type Failure, failureJson, failureText } from '../report/failure.js';
import { failureReport } from '../report/failure-report.js';
import { jsonText } from '../report/json-text.js';
import { formatNotice, type LogFormat, type Notice, priorities } from '../report/notice.js';
import { noProgress, spinner } from '../report/progress.js';
import type { Line, Report } from '../report/report.js';
import { loadStyle, wantsColor } from '../report/style.js';
import { type GroupCache, GroupHints } from '../scan/hints/group-hints.js';
import type { Bytes } from '../sys/bytes.js';
import type { JsonObject } from '../words/json.js';
import { shown } from '../words/shown.js';
import type { allOption, lookOptions, outputOptions } from './common-options.js';
import { readConfig } from './config-file.js';
import type { Context, Streams } from './context.js';
import { gravest } from './exit-code.js';
import { failureOf } from './failure.js';
import type { Values } from './option.js';
import type { ParsedLine } from './parsed-line.js';
import { refuseSpecialFile } from './refuse-special-file.js';
import { toValues } from './values.js';
import { withTimeout } from './with-timeout.js';
import { writeMetrics } from './write-metrics.js';

/** Runs a parsed command line and prints its report. */
export async function runCommand(
  line: ParsedLine,
  version: string,
  streams: Streams,
  signal: AbortSignal,
): Promise<number> {
  const values = toValues(line.command.options, line.raw);
  const output = values as Values<typeof outputOptions & typeof lookOptions & typeof allOption>;
  const logFormat: LogFormat = output['log-format'] ?? (streams.errIsJournal === true ? 'systemd' : 'text');
  const withPriorities =
    (output['log-format'] ?? (streams.outIsJournal === true ? 'systemd' : 'text')) === 'systemd';
  const color = output.json !== true && wantsColor(output.color, streams.outIsTerminal, streams.env);
  const watched = (output.progress ?? streams.errIsTerminal) && output.quiet !== true && logFormat === 'text';
  const notice = (each: Notice): void => streams.err(formatNotice(each, logFormat));
  const progress = watched ? spinner(process.stderr) : noProgress;
  const context: Context = {
    version,
    streams,
    signal: withTimeout(signal, output.timeout),
    threads: output.threads === undefined ? undefined : Number(output.threads),
    device: output.device !== false,
    deadline: output.timeout === undefined ? undefined : milliseconds() + output.timeout * 1000,
    kernelRoot: output['kernel-root'] ?? ('' as Bytes),
    stateDirectory: output['state-dir'],
    notice,
    progress,
    groups: new GroupHints({
      device: output.device !== false,
      cache: output['lower-cache'] === true ? cacheOf(output['state-dir'], notice) : undefined,
      onListed: ({ directories, names }) =>
        progress.show(`looking: ${directories} directories, ${names} names`),
    }),
  };
  const { metrics } = output;
  if (metrics !== undefined) refuseSpecialFile(metrics);
  // Where it names the unions it is read for them. A file that cannot be read must be told everywhere.
  if (output.config !== undefined && output.all !== true) await readConfig(output.config, context.kernelRoot);
  let report: Report;
  try {
    report = await line.command.run({ values, positionals: line.positionals, rest: line.rest }, context);
  } catch (error) {
    const lost = measure(failureReport(failureOf(error)));
    if (lost !== undefined) notice({ level: 'warning', text: failureText(lost) });
    throw error;
  }
  const losses = [report.lost, measure(report)].filter((lost) => lost !== undefined);
  // That of the command of maint run is none of ours to be compared.
  const exitCode =
    losses.length === 0
      ? report.exitCode
      : gravest([report.exitCode, ...losses.map((lost) => lost.exitCode)]);
  if (output.json === true) {
    const [lost] = losses;
    const error = lost === undefined ? {} : { error: failureJson(lost) };
    streams.out(jsonText({ ...document(line.command.name, report), ...error, exitCode }));
    return exitCode;
  }
  const verbosity = output.quiet === true ? 'quiet' : output.verbose === true ? 'verbose' : 'normal';
  const lines = report.text({ style: await loadStyle(color), verbosity });
  streams.out(printLines(lines, verbosity === 'quiet', withPriorities));
  for (const lost of losses) notice({ level: 'error', text: failureText(lost) });
  return exitCode;

  // What was done must be told also where its numbers cannot be kept.
  function measure(result: Report): Failure | undefined {
    if (metrics === undefined) return undefined;
    try {
      writeMetrics(metrics, document(line.command.name, result));
      return undefined;
    } catch (error) {
      return failureOf(error);
    }
  }
}

function cacheOf(given: Bytes | undefined, notice: Context['notice']): GroupCache {
  return lowerCache(stateDirectoryPath(given), (path, why) =>
    notice({ level: 'warning', text: `${shown(path)}: the cache of lowers is not used: ${why}` }),
  );
}

/** The one document that `--json` prints. */
export function document(command: string, report: Report): JsonObject {
  return { schema: 'plinkctl/1', command, ...report.json(), exitCode: report.exitCode };
}

function printLines(lines: readonly Line[], quiet: boolean, withPriorities: boolean): string {
  const loud = quiet
    ? lines.filter(({ level, answer }) => answer === true || level === 'warning' || level === 'error')
    : lines;
  const told = loud.slice(
    Math.max(
      0,
      loud.findIndex(({ text }) => text !== ''),
    ),
  );
  if (!withPriorities) return told.map(({ text }) => `${text}\n`).join('');
  return told
    .filter(({ text }) => text !== '')
    .map(({ text, level }) => `<${priorities[level]}>${text}\n`)
    .join('');
}

import type { BranchLook, RecordedLook } from '../record/record-union.js';
import type { Bytes } from '../sys/bytes.js';
import type { Union } from '../union/union.js';
import type { JsonObject } from '../words/json.js';
import { pathJson } from '../words/path-json.js';
import { plural } from '../words/plural.js';
import { sentence, shown } from '../words/shown.js';
import type { Line, Page, Report } from './report.js';
import { targetJson, targetLines } from './target-view.js';

/** A branch, and where its record is. */
export interface RecordedFile extends BranchLook {
  /** Undefined in a dry run, and where the branch cannot be identified. */
  readonly file: Bytes | undefined;
}

/**
 * What `record` wrote down.
 *
 * @param seconds - how long it took
 */
export function recordReport(
  union: Union,
  branches: readonly RecordedFile[],
  dryRun: boolean,
  seconds: number,
): Report {
  const looks = branches.flatMap((branch) => branch.looks);
  const unknown = looks.filter(({ recorded }) => recorded === undefined);
  const attention = unknown.filter(({ entry }) => entry.state !== 'orphan').length;
  const unidentified = branches.filter(({ record }) => record === undefined);
  return {
    exitCode: attention > 0 || unidentified.length > 0 ? 4 : 0,
    text: (page) => [
      ...targetLines(union, page.style),
      ...looks
        .filter((look) => page.verbosity === 'verbose' || isUnknown(look))
        .flatMap((look) => lookLines(look, page)),
      ...unidentified.map(
        ({ path }): Line => ({
          level: 'warning',
          text: `${shown(path)}: its file system has no UUID or no file handles: nothing can be recorded`,
        }),
      ),
      { level: 'info', text: '' },
      {
        level: 'info',
        text: `${page.style.green('✓')} ${dryRun ? 'Would record' : 'Recorded'} the names of ${plural(looks.length - unknown.length, 'entry', 'entries')}.`,
      },
      ...branches.flatMap(({ file }): Line[] =>
        file === undefined ? [] : [{ level: 'info', text: page.style.dim(`in ${shown(file)}`) }],
      ),
      ...(attention > 0
        ? [
            {
              level: 'warning' as const,
              text: page.style.yellow(
                `! ${plural(attention, 'entry', 'entries')} of which nothing is known, for the reasons above.`,
              ),
            },
          ]
        : []),
    ],
    json: () => ({
      dryRun,
      target: targetJson(union),
      records: branches.map(({ path, file }) => ({
        branch: pathJson(path),
        file: file === undefined ? null : pathJson(file),
      })),
      entries: looks.map(lookJson),
      findings: [],
      summary: {
        entries: looks.length,
        entriesRecorded: looks.length - unknown.length,
        entriesUnknown: unknown.length,
        seconds: Math.round(seconds * 1000) / 1000,
      },
    }),
  };
}

function isUnknown({ recorded }: RecordedLook): boolean {
  return recorded === undefined;
}

function lookLines({ entry, recorded, reason }: RecordedLook, { style }: Page): Line[] {
  const level = recorded === undefined ? ('warning' as const) : ('info' as const);
  const leaves = [
    ...(recorded?.names ?? []).map((name) => `${recorded?.gone === true ? '×' : '✓'} ${shown(name)}`),
    ...(reason === undefined ? [] : [style.dim(sentence(reason))]),
  ];
  return [
    { level, text: '' },
    { level, text: style.bold(shown(entry.name)) },
    ...leaves.map((text, index) => ({
      level,
      text: `${style.dim(index === leaves.length - 1 ? '└─' : '├─')} ${text}`,
    })),
  ];
}

function lookJson({ entry, recorded, reason }: RecordedLook): JsonObject {
  return {
    name: pathJson(entry.name),
    branch: entry.branch,
    kind: entry.kind,
    recorded: recorded !== undefined,
    names: (recorded?.names ?? []).map(pathJson),
    gone: recorded?.gone ?? false,
    reason: reason === undefined ? null : sentence(reason),
  };
}

import type { Finding, Severity } from '../scan/result.js';
import type { JsonObject } from '../words/json.js';
import { pathJson } from '../words/path-json.js';
import { sentence } from '../words/shown.js';
import { findingPath } from './finding-path.js';
import type { Level } from './notice.js';
import type { Line, Page } from './report.js';
import type { Style } from './style.js';

interface Gravity {
  readonly severity: Severity;
  readonly title: string;
  readonly color: keyof Style;
  readonly level: Level;
}

/** Severities, the gravest first, each with what it is called. */
export const gravities: readonly Gravity[] = [
  { severity: 'danger', title: 'Data is lost if nothing is done', color: 'red', level: 'error' },
  { severity: 'error', title: 'The union does not work right', color: 'red', level: 'error' },
  { severity: 'warning', title: 'To be looked at', color: 'yellow', level: 'warning' },
  { severity: 'note', title: 'Good to know', color: 'blue', level: 'info' },
];

/** Findings, the gravest first, each with its remedy. */
export function findingLines(findings: readonly Finding[], { style }: Page): Line[] {
  return gravities.flatMap(({ severity, title, color, level }) => {
    const these = findings.filter((finding) => finding.severity === severity);
    if (these.length === 0) return [];
    return [
      { level, text: '' },
      { level, text: style[color](style.bold(title)) },
      ...these.flatMap(({ code, path, message, remedy }) => [
        {
          level,
          text: `  ${style[color]('•')} ${findingPath(path)}: ${sentence(message)} ${style.dim(`[${code}]`)}`,
        },
        ...(remedy === '' ? [] : [{ level, text: `    ${style.dim('→')} ${sentence(remedy)}` }]),
      ]),
    ];
  });
}

/** One element of the JSON document's `findings`. */
export function findingJson({ code, severity, path, message, remedy, safe }: Finding): JsonObject {
  return { code, severity, path: pathJson(path), message: sentence(message), remedy: sentence(remedy), safe };
}

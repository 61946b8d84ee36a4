import type { RepairOutcome } from '../restore/repair/repair-apply.js';
import type { Side } from '../restore/repair/repair-evidence.js';
import type { RepairAction } from '../scan/repair-action.js';
import type { Finding } from '../scan/result.js';
import type { Bytes } from '../sys/bytes.js';
import { plural, size } from '../words/plural.js';
import { sentence, shown } from '../words/shown.js';
import { findingPath } from './finding-path.js';

/** What a repair would do, as an order: `remove it`. */
export function actionWords(action: RepairAction): string {
  switch (action.kind) {
    case 'rescue':
      return 'move it to the rescue directory';
    case 'remove':
      return 'remove it';
    case 'set-attribute':
      return `set its attribute ${action.attribute}`;
    case 'remove-attribute':
      return `remove its attribute ${action.attribute}`;
    case 'chmod':
      return `give it mode ${action.mode.toString(8).padStart(4, '0')}`;
    case 'enter':
      return 'link it into the index again';
    case 'flush':
      return 'flush it';
    case 'settle':
      return 'end what that run began';
    case 'link': {
      const names = [...action.to, ...action.replace.map(({ path }) => path)];
      const what = action.from.in === 'index' ? 'the index entry' : `/${shown(action.from.path)}`;
      return `make ${names.map((path) => `/${shown(path as Bytes)}`).join(', ')} ${names.length === 1 ? 'a link' : 'links'} of ${what}`;
    }
  }
}

/** The question about one repair, with the files side by side. */
export function questionText(
  { path, message, code }: Finding,
  action: RepairAction,
  sides: readonly Side[],
): string {
  const lines = ['', `${findingPath(path)}: ${sentence(message)} [${code}]`];
  for (const [i, { path: file, stat, differsAt }] of sides.entries()) {
    lines.push(`  ${shown(file)}`);
    const facts = [
      size(stat.size),
      `mode ${(stat.mode & 0o7777).toString(8).padStart(4, '0')}`,
      `owner ${stat.uid}:${stat.gid}`,
      plural(stat.nlink, 'link'),
      `modified ${time(stat.mtime)}`,
    ];
    if (i > 0) facts.push(differsAt === undefined ? 'same content' : `differs from byte ${differsAt}`);
    lines.push(`    ${facts.join(', ')}`);
  }
  return `${lines.join('\n')}\n${capital(actionWords(action))}? [y/N] `;
}

/** One question for all that is safe. */
export function safeQuestion(findings: readonly Finding[]): string {
  const lines = findings.map(
    ({ path, message, code }) => `  ${findingPath(path)}: ${sentence(message)} [${code}]`,
  );
  return `\n${lines.join('\n')}\nMend ${findings.length === 1 ? 'this one, which is safe' : `these ${findings.length}, which are safe`}? [y/N] `;
}

/** One question for what a map says. */
export function mapQuestion(told: readonly RepairOutcome[]): string {
  const lines = told.map(({ finding, reason }) => {
    return `  ${shown(finding.path)}: ${sentence(reason === undefined ? finding.message : `stays, for ${reason}`)}`;
  });
  return `\n${lines.join('\n')}\nDo as the map says? [y/N] `;
}

function time(ns: bigint): string {
  const seconds = ns / 1_000_000_000n;
  const rest = ns % 1_000_000_000n;
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime()) || rest < 0n) return `${ns} ns`;
  return date.toISOString().replace('.000Z', `.${String(rest).padStart(9, '0')}Z`);
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

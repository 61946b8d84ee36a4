import type { EntryCount } from '../union/count-entries.js';
import type { DiscoveredUnion } from '../union/discover.js';
import type { JsonObject } from '../words/json.js';
import { pathJson } from '../words/path-json.js';
import { plural } from '../words/plural.js';
import { sentence, shown } from '../words/shown.js';
import type { Line, Page, Report } from './report.js';

/** A union with the number of its index entries. */
export interface CountedUnion extends DiscoveredUnion {
  readonly count: EntryCount | undefined;
}

const headings = ['FORMAT', 'STATE', 'INDEX', 'ENTRIES', 'UNION'];

/** What `discover` tells. */
export function discoverReport(unions: readonly CountedUnion[]): Report {
  return {
    exitCode: 0,
    text: (page) => (unions.length === 0 ? nothing(page) : table(unions, page)),
    json: () => ({ unions: unions.map(unionJson) }),
  };
}

function nothing({ style }: Page): Line[] {
  return [
    { level: 'info', text: 'No aufs and no overlay is mounted here or listed in fstab.' },
    {
      level: 'info',
      text: style.dim('For one that is neither: plinkctl list -o lowerdir=…,upperdir=…,workdir=…'),
    },
  ];
}

// The only column of unknown width is the last one.
function table(unions: readonly CountedUnion[], { style }: Page): Line[] {
  const rows = unions.map((union) => [
    union.type.replace('fuse.', ''),
    stateOf(union),
    indexOf(union),
    entriesOf(union),
  ]);
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...[headings, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  const cells = (row: readonly string[]): string =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  const indent = ' '.repeat(cells(['', '', '', '']).length + 2);
  return [
    { level: 'info', text: style.dim(`${cells(headings.slice(0, 4))}  ${headings[4]}`) },
    ...unions.flatMap((union, index): Line[] => [
      { level: 'notice', text: `${cells(rows[index] ?? [])}  ${style.bold(shown(union.mountpoint))}` },
      ...detailLines(union).map((text): Line => ({ level: 'info', text: `${indent}${style.dim(text)}` })),
    ]),
  ];
}

function stateOf({ described, pid, type, inFstab }: CountedUnion): string {
  if (described?.mounted === undefined && type !== 'fuse.fuse-overlayfs')
    return inFstab ? 'in fstab' : 'unknown';
  const readOnly = described?.mounted?.readOnly === true ? ', ro' : '';
  return `mounted${readOnly}${pid === undefined ? '' : ` for ${pid}`}`;
}

function indexOf({ described }: CountedUnion): string {
  if (described === undefined) return '-';
  if (described.format === 'aufs') return 'plink';
  return described.options.index === undefined ? '?' : described.options.index ? 'on' : 'off';
}

function entriesOf({ count }: CountedUnion): string {
  if (count === undefined) return '-';
  return 'entries' in count ? `${count.entries}` : '?';
}

function detailLines({ described, reason, count }: CountedUnion): string[] {
  if (described === undefined) return reason === undefined ? [] : [sentence(reason)];
  const of = (role: string): string[] =>
    described.branches.filter((branch) => branch.role === role).map(({ path }) => shown(path));
  const [upper, lower, data] = [of('upper'), of('lower'), of('data')];
  const SHOWN = 4;
  const lowers =
    lower.length > SHOWN ? [...lower.slice(0, SHOWN), `… (${plural(lower.length, 'lower')} in all)`] : lower;
  return [
    ...upper.map((path) => `upper ${path}`),
    ...lowers.map((path) => (path.startsWith('…') ? path : `lower ${path}`)),
    ...data.map((path) => `data  ${path}`),
    ...(described.work === undefined ? [] : [`work  ${shown(described.work)}`]),
    ...(count !== undefined && 'unknown' in count
      ? [`entries not known: ${count.path === undefined ? '' : `${shown(count.path)}: `}${count.unknown}`]
      : []),
  ];
}

function unionJson({ described, mountpoint, type, pid, inFstab, reason, count }: CountedUnion): JsonObject {
  return {
    format: described?.format ?? null,
    type,
    mountpoint: pathJson(mountpoint),
    mounted: described?.mounted !== undefined || type === 'fuse.fuse-overlayfs',
    readOnly: described?.mounted?.readOnly ?? null,
    namespacePid: pid ?? null,
    inFstab,
    branches: described?.branches.map(({ path, role }) => ({ path: pathJson(path), role })) ?? null,
    work: described?.work === undefined ? null : pathJson(described.work),
    index: described?.format === 'overlay' ? (described.options.index ?? null) : null,
    entries: count !== undefined && 'entries' in count ? count.entries : null,
    reason: reason ?? (count !== undefined && 'unknown' in count ? count.unknown : null),
  };
}

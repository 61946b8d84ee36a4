import { type Bytes, joinBytes } from '../sys/bytes.js';
import { PLINK_DIRECTORY } from '../union/aufs-names.js';
import type { Union } from '../union/union.js';
import type { JsonObject } from '../words/json.js';
import { pathJson } from '../words/path-json.js';
import { shown } from '../words/shown.js';
import type { Line } from './report.js';
import type { Style } from './style.js';

/** Where a union keeps its index entries; several for an aufs with several writable branches. */
export function indexDirectories(union: Union): Bytes[] {
  if (union.format === 'overlay') return [joinBytes(union.work, 'index' as Bytes)];
  return union.branches
    .filter(({ role }) => role === 'upper')
    .map(({ path }) => joinBytes(path, PLINK_DIRECTORY));
}

/** The JSON document's `target`. */
export function targetJson(union: Union): JsonObject {
  const upper = union.branches.find(({ role }) => role === 'upper');
  const [index] = indexDirectories(union);
  return {
    format: union.format,
    mounted: union.mounted !== undefined,
    mountpoint: union.mounted === undefined ? null : pathJson(union.mounted.path),
    upper: upper === undefined ? null : pathJson(upper.path),
    lowers: union.branches.filter((branch) => branch !== upper).map(({ path }) => pathJson(path)),
    work: union.format === 'overlay' ? pathJson(union.work) : null,
    index: index === undefined ? null : pathJson(index),
    branches: union.branches.map(({ path, role }) => ({ path: pathJson(path), role })),
  };
}

/**
 * What is at hand, in two lines.
 *
 * @param notMounted - what is said of a union that is not mounted, as far as it was looked for
 */
export function targetLines(union: Union, style: Style, notMounted = 'not mounted'): Line[] {
  const upper = union.branches.find(({ role }) => role === 'upper');
  const lowers = union.branches.filter((branch) => branch !== upper);
  const where =
    union.mounted === undefined ? notMounted : `mounted at ${style.bold(shown(union.mounted.path))}`;
  const branches = [upper?.path, ...lowers.map(({ path }) => path)]
    .filter((path) => path !== undefined)
    .map(shown);
  return [
    { level: 'info', ofUnion: true, text: `${style.bold(union.format)}, ${where}` },
    {
      level: 'info',
      ofUnion: true,
      text: style.dim(
        `upper ${branches[0]}${branches.length > 1 ? ` over ${branches.slice(1).join(', ')}` : ''}`,
      ),
    },
    ...(union.format === 'overlay' && union.mounted !== undefined && union.options.index === false
      ? [indexOff]
      : []),
  ];
}

const indexOff: Line = {
  level: 'notice',
  text: 'It is mounted with index=off: the kernel neither reads nor keeps its index.',
};

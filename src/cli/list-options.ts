import { Problem } from '../problem.js';
import { type EntryState, entryStates } from '../scan/entry-state.js';
import type { IndexEntry } from '../scan/result.js';
import type { outputOptions } from './common-options.js';
import type { Options, Values } from './option.js';
import { notAChoice } from './values.js';

/** Which entries `list` shows, and how. */
export const listOptions = {
  tree: { type: 'flag', describe: 'show the names as a directory tree', group: 'Entries:' },
  sort: {
    type: 'text',
    describe: 'the order of entries: by first name, by state, largest, newest or with most names first',
    choices: ['name', 'state', 'size', 'mtime', 'names'],
    group: 'Entries:',
  },
  state: {
    type: 'list',
    value: 'STATE,…',
    describe: 'only entries in one of these states',
    group: 'Entries:',
  },
  'at-risk': {
    type: 'flag',
    describe: 'only entries whose data the next mount or another tool would destroy',
    group: 'Entries:',
  },
  count: { type: 'flag', describe: 'print the number of entries alone', group: 'Entries:' },
} as const satisfies Options;

export type EntryFilter = (entries: readonly IndexEntry[]) => readonly IndexEntry[];

/**
 * Chooses and orders entries as the options tell; entries that are equal stay as the scan found them.
 *
 * @throws Problem `usage` for a state that there is not, or where metrics would count the chosen entries alone
 */
export function entryFilter(
  values: Values<typeof listOptions & Pick<typeof outputOptions, 'metrics'>>,
): EntryFilter {
  const states = values.state === undefined ? undefined : new Set(values.state.flatMap(statesIn));
  const risky = values['at-risk'] === true;
  if (values.metrics !== undefined && (states !== undefined || risky)) {
    throw new Problem(
      'usage',
      'filtered-metrics',
      '--metrics counts every entry; --state and --at-risk do not go with it',
    );
  }
  const order = values.sort === undefined ? undefined : orders[values.sort];
  return (entries) => {
    const chosen = entries.filter(
      ({ state, atRisk }) => (states === undefined || states.has(state)) && (!risky || atRisk),
    );
    return order === undefined ? chosen : chosen.sort(order);
  };
}

function statesIn(value: string): EntryState[] {
  return value.split(',').map((word) => {
    const state = entryStates.find((each) => each === word);
    if (state === undefined) throw notAChoice('state', word, entryStates);
    return state;
  });
}

type Order = (one: IndexEntry, other: IndexEntry) => number;

const orders: Readonly<Record<NonNullable<Values<typeof listOptions>['sort']>, Order>> = {
  name: (one, other) => compare(firstName(one), firstName(other)),
  state: (one, other) => entryStates.indexOf(one.state) - entryStates.indexOf(other.state),
  size: (one, other) => compare(other.inode.size, one.inode.size),
  mtime: (one, other) => compare(other.inode.mtime, one.inode.mtime),
  names: (one, other) => nameCount(other) - nameCount(one),
};

function compare<T extends string | bigint>(one: T, other: T): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

// An entry without any stands behind those that have one.
function firstName({ name, names, missing }: IndexEntry): string {
  const all = [...names, ...missing.map(({ path }) => path)].sort();
  return all[0] === undefined ? `1${name}` : `0${all[0]}`;
}

function nameCount({ names, missing }: IndexEntry): number {
  return names.length + missing.length;
}

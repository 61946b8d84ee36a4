import {
  allOption,
  lookOptions,
  outputOptions,
  targetOptions,
  writeOptions,
} from '../../src/cli/common-options.js';
import type { Option, Options } from '../../src/cli/option.js';

/** Options that several commands share, under the heading that the manual gives them. */
export const sharedGroups: readonly { readonly heading: string; readonly options: Options }[] = [
  { heading: 'Naming the union', options: { ...targetOptions, ...allOption } },
  { heading: 'Commands that write', options: writeOptions },
  { heading: 'Commands that look through branches', options: lookOptions },
  { heading: 'Every command', options: outputOptions },
];

const shared = new Map(sharedGroups.flatMap(({ options }) => Object.entries(options)));

/** Whether the manual tells of the option among the shared ones; a command's own text comes before. */
export function isShared(name: string, option: Option): boolean {
  return shared.get(name)?.describe === option.describe;
}

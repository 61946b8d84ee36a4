import { shownOptions } from '../../src/cli/completion/shown-options.js';
import type { Option } from '../../src/cli/option.js';
import { bold, italic, roff, tagged } from './roff.js';

/** One option as a tagged paragraph of the manual. */
export function manOption(name: string, option: Option): string {
  const { alias, choices, type, describe } = option;
  const short = alias === undefined ? '' : `${bold(`-${alias}`)}, `;
  const value = choices === undefined ? italic(option.value ?? 'VALUE') : choices.map(bold).join('|');
  const behind = type === 'flag' ? '' : type === 'optional' ? `[=${value}]` : ` ${value}`;
  const repeated = type === 'list' ? ' ...' : '';
  const text = `${describe.charAt(0).toUpperCase()}${describe.slice(1)}.`;
  return tagged(`${short}${bold(`--${name}`)}${behind}${repeated}`, roff(text));
}

/** All that are to be shown. */
export function manOptions(options: Readonly<Record<string, Option>>): string {
  return shownOptions(options)
    .map(([name, option]) => manOption(name, option))
    .join('');
}

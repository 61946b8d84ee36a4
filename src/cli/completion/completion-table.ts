import type { Command } from '../command.js';
import type { Option } from '../option.js';
import { shownOptions } from './shown-options.js';

/** What a completion offers behind an option. */
export type Offered = 'nothing' | 'directories' | 'files' | readonly string[];

/** One command, as the completions see it. */
export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly takesUnion: boolean;
  readonly options: readonly (readonly [name: string, option: Option])[];
}

const help: Option = { type: 'flag', alias: 'h', describe: 'show help' };

/** The commands with all that can be written behind them. */
export function completionTable(commands: readonly Command[]): CompletedCommand[] {
  return commands.map(({ name, summary, positionals, options }) => ({
    name,
    summary,
    takesUnion: positionals.length > 0,
    options: [...shownOptions(options), ['help', help]],
  }));
}

/** Shells that a completion is made for. */
export const shells = ['bash', 'zsh', 'fish'] as const;

/** Words behind the program's name that are no commands of the table, each with what it does. */
export const otherWords: readonly (readonly [string, string])[] = [
  ['as', 'run as another program'],
  ['completion', 'print a completion script'],
  ['help', 'show the help of a command'],
];

/** Every first word, and below it the second words of a group. */
export function groups(table: readonly CompletedCommand[]): Map<string, CompletedCommand[]> {
  const result = new Map<string, CompletedCommand[]>();
  for (const command of table) {
    const [first = ''] = command.name.split(' ');
    result.set(first, [...(result.get(first) ?? []), command]);
  }
  return result;
}

/** Every first word that has a help. */
export function helped(table: readonly CompletedCommand[]): string[] {
  return [...groups(table).keys(), ...otherWords.map(([word]) => word).filter((word) => word !== 'help')];
}

/** Whether the name takes two words. */
export function isGroup(members: readonly CompletedCommand[]): boolean {
  return members.some(({ name }) => name.includes(' '));
}

const paths: ReadonlySet<string> = new Set(['FILE', 'PATH', 'DEVICE']);

/** What to offer for an option's value. */
export function offeredFor({ type, choices, value }: Option): Offered {
  if (type === 'flag') return 'nothing';
  if (choices !== undefined) return choices;
  if (value === 'DIR') return 'directories';
  return value !== undefined && paths.has(value) ? 'files' : 'nothing';
}

import type { Bytes } from '../sys/bytes.js';
import type { Command } from './command.js';
import type { Options } from './option.js';

/** What a parser found; a repeated option of a single value gives a list, which {@link toValues} refuses. */
export type RawValue = boolean | Bytes | readonly Bytes[];

/** A command line, parsed but not yet checked. */
export interface ParsedLine {
  readonly command: Command;
  readonly raw: ReadonlyMap<string, RawValue>;
  readonly positionals: readonly Bytes[];
  readonly rest: readonly Bytes[];
}

/** The command whose name the line begins with, and how many words that took. */
export function commandAt(
  commands: readonly Command<Options>[],
  words: readonly string[],
): readonly [Command<Options>, number] | undefined {
  for (const length of [2, 1]) {
    if (words.length < length) continue;
    const name = words.slice(0, length).join(' ');
    const command = commands.find((each) => each.name === name);
    if (command !== undefined) return [command, length];
  }
  return undefined;
}

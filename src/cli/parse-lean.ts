import type { Bytes } from '../sys/bytes.js';
import type { Command } from './command.js';
import { byLetter, emptyOptional, normalise } from './normalise.js';
import type { Option, Options } from './option.js';
import { commandAt, type ParsedLine, type RawValue } from './parsed-line.js';

/**
 * Parses a plain command line from the same table as yargs, with the same result, in no time: loading yargs
 * alone takes as long as starting node. Whatever is not plain (help, an error, a form that only yargs knows) is
 * left to yargs.
 *
 * @returns undefined where yargs must be asked
 */
export function parseLean(
  commands: readonly Command<Options>[],
  argv: readonly Bytes[],
): ParsedLine | undefined {
  const found = commandAt(commands, argv);
  if (found === undefined) return undefined;
  const [command, length] = found;
  if (emptyOptional(argv, command.options) !== undefined) return undefined;
  const words = normalise(argv.slice(length), command.options);
  const raw = new Map<string, RawValue>();
  const positionals: Bytes[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ('' as Bytes);
    if (word === '--') {
      const rest = words.slice(at + 1);
      if (rest.length > 0 && command.takesRest !== true && command.positionals.length === 0) return undefined;
      return command.takesRest === true
        ? { command, raw, positionals, rest }
        : { command, raw, positionals: [...positionals, ...rest], rest: [] };
    }
    if (word === '-') return undefined;
    if (!word.startsWith('-')) {
      if (command.positionals.length === 0) return undefined;
      positionals.push(word);
      continue;
    }
    const parts = readOption(command.options, word);
    if (parts === undefined) return undefined;
    const { name, option, negated } = parts;
    if (option.type === 'flag') {
      // yargs takes a word `true` or `false` behind a flag as its value.
      if (parts.value !== undefined || words[at + 1] === 'true' || words[at + 1] === 'false')
        return undefined;
      raw.set(name, !negated);
      continue;
    }
    if (negated) return undefined;
    let { value } = parts;
    if (value === undefined) {
      value = words[at + 1];
      at += 1;
      if (value?.startsWith('-')) return undefined;
    }
    if (value === undefined || (value === '' && option.type !== 'optional')) return undefined;
    if (option.choices?.includes(value) === false) return undefined;
    if (option.type === 'list') {
      raw.set(name, [...((raw.get(name) as readonly Bytes[] | undefined) ?? []), value]);
    } else {
      if (raw.has(name)) return undefined;
      raw.set(name, value);
    }
  }
  return { command, raw, positionals, rest: [] };
}

interface OptionWord {
  readonly name: string;
  readonly option: Option;
  readonly negated: boolean;
  readonly value: Bytes | undefined;
}

function readOption(options: Options, word: Bytes): OptionWord | undefined {
  const equals = word.indexOf('=');
  const key = equals < 0 ? word : word.slice(0, equals);
  const value = equals < 0 ? undefined : (word.slice(equals + 1) as Bytes);
  if (!key.startsWith('--')) {
    const found = key.length === 2 ? byLetter(options, key.slice(1)) : undefined;
    return found === undefined ? undefined : { name: found[0], option: found[1], negated: false, value };
  }
  const name = key.slice(2);
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (option !== undefined) return { name, option, negated: false, value };
  const positive = name.startsWith('no-') ? name.slice(3) : '';
  const flag = Object.hasOwn(options, positive) ? options[positive] : undefined;
  return flag === undefined ? undefined : { name: positive, option: flag, negated: true, value };
}

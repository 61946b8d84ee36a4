import { Problem } from '../problem.js';
import type { Bytes } from '../sys/bytes.js';
import type { Command } from './command.js';
import { otherWords, shells } from './completion/completion-table.js';
import { nearest } from './nearest.js';
import { byLetter } from './normalise.js';
import type { Option, Options } from './option.js';
import { commandAt } from './parsed-line.js';
import { notAChoice } from './values.js';

type Commands = readonly Command<Options>[];

/**
 * Says what is wrong with a command line, in the words of the command table; undefined where it finds nothing.
 *
 * @param words - as `normalise` leaves them
 */
export function diagnose(commands: Commands, words: readonly Bytes[]): Problem | undefined {
  const found = commandAt(commands, words);
  if (found === undefined) return noCommand(commands, words);
  const [command, length] = found;
  for (let at = length; at < words.length && words[at] !== '--'; at += 1) {
    const word = words[at] ?? '';
    if (!word.startsWith('-')) {
      if (command.positionals.length > 0) continue;
      return usage(`${command.name} takes no argument: ${word}`, helpFor(command.name));
    }
    const [key = '', ...value] = word.split('=');
    const option = optionAt(command.options, key);
    if (option === undefined) return unknownOption(commands, command, key);
    const [name, { type, choices }] = option;
    const attached = value.length > 0 ? value.join('=') : undefined;
    if (type === 'flag') {
      // Whatever else was meant, yargs takes it for false, and a `--dry-run=yes` would not be dry.
      if (attached !== undefined && !isTruth(attached))
        return usage(`${key} takes no value${attached && `: ${attached}`}`, helpFor(command.name));
      if (attached === undefined && isTruth(words[at + 1])) at += 1;
      continue;
    }
    if (key === `--no-${name}`) return usage(`--${name} cannot be negated`, helpFor(command.name));
    const given = attached ?? (type === 'optional' ? '' : words[at + 1]);
    if (type !== 'optional') {
      if (given === undefined || given === '' || (attached === undefined && given.startsWith('-')))
        return usage(`--${name} needs a value`, helpFor(command.name));
      if (attached === undefined) at += 1;
    }
    if (given !== undefined && choices?.includes(given) === false) return notAChoice(name, given, choices);
  }
  return undefined;
}

function noCommand(commands: Commands, words: readonly Bytes[]): Problem | undefined {
  const [first, second] = words;
  if (first === undefined) return usage('no command is given', helpFor());
  if (first.startsWith('-')) {
    const later = words.find((word) => commands.some(({ name }) => name.split(' ')[0] === word));
    return later === undefined
      ? usage(`no command is given before ${first}`, helpFor())
      : usage(`${first} stands before the command`, `options follow it: plinkctl ${later} ${first} …`);
  }
  const group = commands
    .filter(({ name }) => name.startsWith(`${first} `))
    .map(({ name }) => name.split(' ')[1] ?? '');
  if (group.length === 0) {
    if (first === 'completion' && second !== undefined && !(shells as readonly string[]).includes(second))
      return usage(`there is no completion for ${second}`, `there is one for ${shells.join(', ')}`);
    if (otherWords.some(([word]) => word === first)) return undefined;
    const names = [
      ...commands.map(({ name }) => name.split(' ')[0] ?? ''),
      ...otherWords.map(([word]) => word),
    ];
    return unknownCommand(first, nearest(first, names), helpFor());
  }
  if (second === undefined || second.startsWith('-')) {
    return usage(`${first} needs to be told what: ${group.join(' or ')}`, helpFor(first));
  }
  const near = nearest(second, group);
  return unknownCommand(
    `${first} ${second}`,
    near === undefined ? undefined : `${first} ${near}`,
    helpFor(first),
  );
}

function unknownCommand(words: string, near: string | undefined, help: string): Problem {
  const hint = near === undefined ? help : `did you mean ${near}?`;
  return new Problem('usage', 'unknown-command', `unknown command: ${words}`, { hint });
}

function unknownOption(commands: Commands, { name, options }: Command<Options>, key: string): Problem {
  const bare = key.replace(/^--?/, '');
  const known = Object.entries(options).filter(([, { hidden }]) => hidden !== true);
  const near = nearest(
    bare,
    known.map(([word]) => word),
  );
  const owners = commands.filter((command) => optionAt(command.options, key) !== undefined);
  const hint =
    owners.length > 0
      ? `it belongs to ${owners.map((owner) => owner.name).join(', ')}`
      : near === undefined
        ? helpFor(name)
        : `did you mean --${near}?`;
  return usage(`${name} has no option ${key}`, hint);
}

function optionAt(options: Options, key: string): readonly [string, Option] | undefined {
  if (!key.startsWith('--')) return key === '-h' ? ['help', flag] : byLetter(options, key.slice(1));
  const name = key.slice(2);
  if (name === 'help' || name === 'version') return [name, flag];
  for (const each of [name, name.replace(/^no-/, '')]) {
    const option = Object.hasOwn(options, each) ? options[each] : undefined;
    if (option !== undefined) return [each, option];
  }
  return undefined;
}

function isTruth(word: string | undefined): boolean {
  return word === 'true' || word === 'false';
}

const flag: Option = { type: 'flag', describe: '' };

function helpFor(command?: string): string {
  return `plinkctl ${command === undefined ? '' : `${command} `}--help lists what there is`;
}

function usage(message: string, hint: string): Problem {
  return new Problem('usage', 'bad-command-line', message, { hint });
}

import { Problem } from '../problem.js';
import type { Command } from './command.js';
import { nearest } from './nearest.js';
import type { Options } from './option.js';
import { commandAt } from './parsed-line.js';
import { notAChoice } from './values.js';

/**
 * What yargs says of a command line, in this program's words where it can be said better.
 *
 * @param message - yargs' own, in English
 */
export function refusal(
  message: string,
  commands: readonly Command<Options>[],
  words: readonly string[],
): Problem {
  const meant = /^Did you mean (.+)\?$/.exec(message)?.[1];
  if (meant !== undefined) {
    return new Problem(
      'usage',
      'unknown-command',
      `unknown command: ${words.find((word) => !word.startsWith('-'))}`,
      {
        hint: `did you mean ${meant}?`,
      },
    );
  }
  const unknown = /^Unknown arguments?: ([^\s,]+)/.exec(message)?.[1];
  const command = commandAt(commands, words)?.[0];
  const [, chosen, given = ''] = /Argument: ([^\s,]+), Given: "?([^"]*?)"?, Choices/.exec(message) ?? [];
  const choices = chosen === undefined ? undefined : command?.options[chosen]?.choices;
  if (chosen !== undefined && choices !== undefined) {
    return notAChoice(chosen, given, choices);
  }
  const near =
    unknown === undefined || command === undefined
      ? undefined
      : nearest(unknown, Object.keys(command.options));
  const hint =
    near === undefined
      ? `plinkctl ${command === undefined ? '' : `${command.name} `}--help lists what there is`
      : `did you mean --${near}?`;
  return new Problem('usage', 'bad-command-line', sentence(message), { hint });
}

function sentence(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}

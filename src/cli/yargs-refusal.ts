import { Problem } from '../problem.js';
import type { Bytes } from '../sys/bytes.js';
import type { Command } from './command.js';
import { diagnose } from './diagnose.js';
import type { Options } from './option.js';

/**
 * Why a command line that yargs refuses is refused: in this program's words where they can be found.
 *
 * @param message - yargs' own, in English
 */
export function refusal(
  message: string,
  commands: readonly Command<Options>[],
  words: readonly Bytes[],
): Problem {
  const found = diagnose(commands, words);
  if (found !== undefined) return found;
  return new Problem('usage', 'bad-command-line', message.charAt(0).toLowerCase() + message.slice(1), {
    hint: 'plinkctl --help lists what there is',
  });
}

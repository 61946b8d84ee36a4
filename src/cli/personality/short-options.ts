import { Problem } from '../../problem.js';
import type { Bytes } from '../../sys/bytes.js';

/** What getopt(3) makes of a command line of single letters. */
export interface ShortOptions {
  /** Letters without a value, in order, repeated ones too. */
  readonly flags: readonly string[];
  /** Values by letter, in order. */
  readonly values: ReadonlyMap<string, readonly Bytes[]>;
  readonly words: readonly Bytes[];
}

/**
 * Reads single-letter options as GNU's getopt(3) does: bundled, values attached or in the next word, mixed with
 * the other words, `--` as their end.
 *
 * @param flags - letters without a value
 * @param valued - letters that take one
 * @throws Problem `usage`
 */
export function shortOptions(argv: readonly Bytes[], flags: string, valued: string): ShortOptions {
  const found = { flags: [] as string[], values: new Map<string, Bytes[]>(), words: [] as Bytes[] };
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? ('' as Bytes);
    if (word === '--') {
      found.words.push(...argv.slice(at + 1));
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      found.words.push(word);
      continue;
    }
    if (word.startsWith('--')) throw new Problem('usage', 'bad-option', `unknown option ${word}`);
    for (let letter = 1; letter < word.length; letter += 1) {
      const option = word.charAt(letter);
      if (flags.includes(option)) {
        found.flags.push(option);
        continue;
      }
      if (!valued.includes(option)) throw new Problem('usage', 'bad-option', `unknown option -${option}`);
      let value = word.slice(letter + 1) as Bytes;
      if (value === '') {
        at += 1;
        const next = argv[at];
        if (next === undefined) throw new Problem('usage', 'bad-option', `-${option} needs a value`);
        value = next;
      }
      found.values.set(option, [...(found.values.get(option) ?? []), value]);
      break;
    }
  }
  return found;
}

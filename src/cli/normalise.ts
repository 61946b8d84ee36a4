import type { Bytes } from '../sys/bytes.js';
import type { Option, Options } from './option.js';

/** The option with this one-letter alias. */
export function byLetter(options: Options, letter: string): readonly [string, Option] | undefined {
  return Object.entries(options).find(([, option]) => option.alias === letter);
}

/**
 * Writes two customs of Unix programs in the form that both parsers take: `-oVALUE` as `-o=VALUE` (also behind
 * flags, `-noVALUE`), and an option with an optional value that stands alone as `--NAME=`.
 */
export function normalise(argv: readonly Bytes[], options: Options): Bytes[] {
  const end = argv.indexOf('--' as Bytes);
  const own = end < 0 ? argv : argv.slice(0, end);
  const rest = end < 0 ? [] : argv.slice(end);
  return [...own.flatMap((word) => normaliseWord(word, options)), ...rest];
}

/** `--NAME=` of an option with an optional value: what a shell makes of `--NAME=$UNSET`, which meant no such thing. */
export function emptyOptional(argv: readonly Bytes[], options: Options): string | undefined {
  const end = argv.indexOf('--' as Bytes);
  const own = argv.slice(0, end < 0 ? undefined : end);
  return Object.keys(options).find(
    (name) => options[name]?.type === 'optional' && own.includes(`--${name}=` as Bytes),
  );
}

function normaliseWord(word: Bytes, options: Options): Bytes[] {
  if (word.startsWith('--')) {
    const name = word.slice(2);
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    return option?.type === 'optional' ? [`${word}=` as Bytes] : [word];
  }
  if (!/^-[A-Za-z]./s.test(word)) return [word];
  const flags: Bytes[] = [];
  for (let at = 1; at < word.length; at += 1) {
    const found = byLetter(options, word[at] ?? '');
    if (found === undefined) return [word];
    if (found[1].type !== 'flag') {
      const value = word.slice(at + 1);
      if (value === '') return [...flags, `-${word[at]}` as Bytes];
      return [...flags, `-${word[at]}${value.startsWith('=') ? '' : '='}${value}` as Bytes];
    }
    flags.push(`-${word[at]}` as Bytes);
  }
  return flags;
}

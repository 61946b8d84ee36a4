import type { Bytes } from '../sys/bytes.js';

// Not \s, which takes the byte A0 for a space: it is the end of an à.
const BLANK = /[ \t\n\v\f\r]/;

/**
 * Splits a line into words as a POSIX shell does, without expansions: quotes of both kinds, a backslash before
 * a byte (inside double quotes only before `"` and `\`), `#` at the start of a word for a comment.
 *
 * @returns undefined for a line that a shell would not end here: within a quote, or behind a backslash
 */
export function splitWords(line: Bytes): Bytes[] | undefined {
  const words: Bytes[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < line.length; at += 1) {
    const character = line.charAt(at);
    const next = line.charAt(at + 1);
    if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else if (character === '\\' && quote === '"' && (next === '"' || next === '\\')) {
        word = (word ?? '') + next;
        at += 1;
      } else word = (word ?? '') + character;
    } else if (BLANK.test(character)) {
      if (word !== undefined) words.push(word as Bytes);
      word = undefined;
    } else if (character === '#' && word === undefined) break;
    else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (character === '\\') {
      if (next === '') return undefined;
      word = (word ?? '') + next;
      at += 1;
    } else word = (word ?? '') + character;
  }
  if (quote !== undefined) return undefined;
  if (word !== undefined) words.push(word as Bytes);
  return words;
}

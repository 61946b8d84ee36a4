import { type Bytes, toBuffer } from '../sys/bytes.js';
import { textOf } from '../words/shown.js';

/**
 * What Node's spawn must be given to run a program with these very arguments. It encodes them as UTF-8: where one of
 * them is not, a shell makes them and becomes the program.
 */
export function spawnWords(
  program: Bytes,
  args: readonly Bytes[],
): readonly [command: string, words: readonly string[]] {
  const [command, ...words] = [program, ...args].map(textOf);
  return command !== undefined && words.every((text) => text !== undefined)
    ? [command, words as string[]]
    : ['/bin/sh', ['-c', shellLine([program, ...args])]];
}

/** Each word in a variable of its own: `$(…)` drops newlines at the end, so an x stands there meanwhile. */
function shellLine(words: readonly Bytes[]): string {
  const set = words.map((word, i) => {
    const octal = [...toBuffer(word)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
    return `${nameOf(i)}=$(printf '${octal}x'); ${nameOf(i)}=\${${nameOf(i)}%x};`;
  });
  return [...set, 'exec', ...words.map((_, i) => `"$${nameOf(i)}"`)].join(' ');
}

/** One that no environment has: a variable that is exported would be the program's too. */
const nameOf = (i: number): string => `_plinkctl_word_${i}`;

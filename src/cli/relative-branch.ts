import { Problem } from '../problem.js';
import type { Bytes } from '../sys/bytes.js';
import { describeWords, namesBranches } from '../union/describe-words.js';
import { parseMountOptions } from '../union/mount-options.js';

/**
 * The first branch or work directory that mount(8)'s options name by a relative path; undefined where there is none.
 * Whatever else is wrong with them is told when the union is opened.
 *
 * @param options - values of `-o`, in order
 */
export function relativeBranch(options: readonly Bytes[]): Bytes | undefined {
  const words = parseMountOptions(options.join(',') as Bytes);
  if (!namesBranches(words)) return undefined;
  try {
    const { branches, work } = describeWords(words);
    const paths = [...branches.map(({ path }) => path), ...(work === undefined ? [] : [work])];
    return paths.find((path) => path !== '' && !path.startsWith('/'));
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}

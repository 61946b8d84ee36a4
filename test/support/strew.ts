import { linkSync } from 'node:fs';
import { type Bytes, joinBytes } from '../../src/sys/bytes.js';
import { Place } from './place.js';
import type { Random } from './random.js';
import { snapshot } from './tree.js';

/**
 * Gives files of one lower names in another, as layers have whose equal files were made hardlinks: one group strewn
 * over both.
 *
 * @returns what was done, a line each
 */
export function strew(from: string, to: string, random: Random): string[] {
  const [source, target] = [new Place(from), new Place(to)];
  const files = snapshot(from)
    .filter(({ kind, mode }) => kind === 'file' && mode !== '0000')
    // A whiteout is no file, and a name without the data that belongs to it cannot be shown.
    .filter(({ xattrs }) => !/overlay\.(whiteout|metacopy)/.test(xattrs));
  const directories = snapshot(to).filter(({ kind }) => kind === 'directory');
  const story: string[] = [];
  for (let count = random.between(1, 4); count > 0 && files.length > 0; count--) {
    const { path } = random.pick(files);
    const name = joinBytes(random.pick(directories).path, `strewn${count}` as Bytes);
    try {
      linkSync(source.at(path), target.at(name));
      story.push(`strewn: ${path} ${name}`);
    } catch (error) {
      // The two lowers may be on different file systems, and a name may be there from an earlier time.
      if (!['EXDEV', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  return story;
}

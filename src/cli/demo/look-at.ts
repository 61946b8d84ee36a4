import type { FileSystem } from './file-system.js';
import { type Look, names } from './stage.js';

/**
 * What each name shows.
 *
 * @param find - the path of a name as the union shows it
 */
export function lookAt(fs: FileSystem, find: (name: string) => string): Look[] {
  return names.map((name) => {
    const path = find(name);
    const { ino } = fs.statSync(path, { bigint: true });
    return { name, inode: `${ino}`, firstLine: fs.readFileSync(path, 'utf8').split('\n')[0] ?? '' };
  });
}

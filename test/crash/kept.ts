import { existsSync } from 'node:fs';
import { snapshot, type TreeEntry } from '../support/tree.js';

const shown = ({ kind, mode, owner, mtime, size, content }: TreeEntry): string =>
  [kind, mode, owner, mtime, size, content].join(' ');

/** Kind, rights, time and content of every file below some directories: what must never be nowhere. */
export function filesIn(directories: readonly string[]): Set<string> {
  return new Set(
    directories
      .filter((directory) => existsSync(directory))
      .flatMap((directory) => snapshot(directory))
      .filter(({ kind, path }) => kind !== 'directory' && !path.includes('.wh..wh.aufs'))
      .map(shown),
  );
}

/** One line for each file that is nowhere any more. */
export function gone(before: ReadonlySet<string>, directories: readonly string[]): string[] {
  const now = filesIn(directories);
  return [...before].filter((file) => !now.has(file)).map((file) => `nowhere any more: ${file}`);
}

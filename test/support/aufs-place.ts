import { bytesFromText } from '../../src/sys/bytes.js';
import type { AufsUnion, Branch } from '../../src/union/union.js';

/**
 * An unmounted aufs of directories, in the words of mount(8).
 *
 * @param words - `PATH=rw`, `PATH=ro`, `PATH=ro+wh` or `PATH=rw+nolwh`, the topmost first
 */
export function aufsUnion(...words: readonly string[]): AufsUnion {
  return { format: 'aufs', branches: words.map(branch), mounted: undefined };
}

function branch(word: string): Branch {
  const equals = word.lastIndexOf('=');
  const [permission, attribute] = word.slice(equals + 1).split('+');
  const writable = permission === 'rw';
  return {
    path: bytesFromText(word.slice(0, equals)),
    role: writable ? 'upper' : 'lower',
    whiteouts: writable || attribute === 'wh',
  };
}

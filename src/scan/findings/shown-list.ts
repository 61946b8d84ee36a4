import type { Bytes } from '../../sys/bytes.js';

/** Names for a sentence. */
export function list(paths: readonly Bytes[]): string {
  const some = paths.slice(0, 3).map((path) => `/${path}`);
  return paths.length > 3 ? `${some.join(', ')} and ${paths.length - 3} more` : some.join(', ');
}

import type { Bytes } from '../../sys/bytes.js';
import { parseMountOptions } from '../../union/mount-options.js';

/**
 * Whether a remount of an aufs with these options would strand pseudo-links: one that adds or takes away a branch,
 * makes one read-only, or ends pseudo-links or all writing.
 */
export function needsFlush(options: Bytes): boolean {
  const words = parseMountOptions(options).map(({ key, value }) =>
    value === undefined ? key : `${key}=${value}`,
  );
  return words.includes('remount') && words.some(strands);
}

function strands(option: string): boolean {
  if (option === 'ro' || option === 'noplink') return true;
  if (/^(add|ins|append|prepend|del)[:=]/.test(option)) return true;
  return /^i?mod[:=].*=(ro|rr)(\+[a-z+]*)?$/s.test(option);
}

import type { Tree } from './tree.js';

/**
 * Whether a line of the kernel log about a name (its last two components, of the upper's own path, which is the
 * merged one) can be about one in this merged view; undefined of a line that names nothing so.
 */
export function namesOneOf(line: string, tree: Tree): boolean | undefined {
  const told = /\(([^,]*), err=/.exec(line)?.[1];
  if (told === undefined) return undefined;
  // /dev/kmsg escapes what is not printable ASCII, and the backslash.
  const path = told.replace(/\\x([0-9a-f]{2})/g, (_, byte: string) =>
    String.fromCharCode(Number.parseInt(byte, 16)),
  );
  const last = path.slice(path.lastIndexOf('/') + 1);
  // A name at the top stands behind the upper's own name there.
  return tree.some((entry) => entry.path === last || `/${entry.path}`.endsWith(`/${path}`));
}

import { type Bytes, baseOf, componentsOf, joinBytes, parentOf } from '../sys/bytes.js';
import { type Stat, statIfThere } from '../sys/stat.js';
import { isSysError } from '../sys/sys-error.js';
import { openQuietly } from '../union/open-layer-directory.js';
import { closeStack, type LayerDirectory, type Stack, type ViewRules } from '../union/view-rules.js';
import type { BranchPath, MissingDirectory } from './result.js';

/** What has become of a name that a union once showed. */
export type NameFate =
  | { readonly is: 'visible'; readonly at: BranchPath; readonly stat: Stat }
  /** A whiteout, or a directory that was made anew, hides it. */
  | { readonly is: 'hidden' }
  /** Nothing has it and nothing hides it: a lower branch changed under the union. */
  | { readonly is: 'absent'; readonly parent: 'there' | 'gone' };

/** Looks a path up in the merged view. */
export function nameFate(roots: Stack, rules: ViewRules, path: Bytes): NameFate {
  const found = withParent(roots, rules, path, (stack) => decided(stack, rules, baseOf(path)));
  if (found !== undefined && found !== 'nothing') return found;
  // Without the upper branches: what is there then is hidden by them.
  const lowers = roots.filter(({ layer }) => layer.role !== 'upper');
  const below = withParent(lowers, rules, path, (stack) => decided(stack, rules, baseOf(path)));
  if (below !== undefined && below !== 'nothing' && below.is === 'visible') return { is: 'hidden' };
  return { is: 'absent', parent: found === undefined ? 'gone' : 'there' };
}

/** The directories that a visible directory's path lacks in a branch, parents first, each with its model. */
export function lackingDirectories(
  roots: Stack,
  rules: ViewRules,
  directory: Bytes,
  branch: number,
): MissingDirectory[] {
  const lacking: MissingDirectory[] = [];
  let path = '' as Bytes;
  for (const name of componentsOf(directory)) {
    path = joinBytes(path, name);
    const missing = withParent(roots, rules, joinBytes(path, 'x' as Bytes), (stack) => {
      const [top] = stack;
      if (top === undefined || stack.some(({ layer }) => layer.branch === branch)) return undefined;
      return { path, model: { branch: top.layer.branch, path: top.real } };
    });
    if (missing !== undefined) lacking.push(missing);
  }
  return lacking;
}

function decided(stack: Stack, rules: ViewRules, name: Bytes): NameFate | 'nothing' {
  for (const directory of stack) {
    if (rules.hides(directory, name)) return { is: 'hidden' };
    const stat = there(directory, name);
    if (stat === undefined) continue;
    if (rules.isWhiteout?.(stat) === true) return { is: 'hidden' };
    const at = { branch: directory.layer.branch, path: joinBytes(directory.real, name) };
    return { is: 'visible', at, stat };
  }
  return 'nothing';
}

function there({ fd }: LayerDirectory, name: Bytes): Stat | undefined {
  try {
    return statIfThere(fd, name);
  } catch (error) {
    if (isSysError(error, 'ENAMETOOLONG')) return undefined;
    throw error;
  }
}

/** Undefined where the merged view has no such directory. */
function withParent<T>(
  roots: Stack,
  rules: ViewRules,
  path: Bytes,
  body: (stack: Stack) => T,
): T | undefined {
  let stack = roots.map((root) => ({ ...root, fd: openQuietly(root.fd, '' as Bytes) }));
  try {
    for (const name of componentsOf(parentOf(path))) {
      const from = stack.findIndex((directory) => rules.decides(directory, name));
      const next = from < 0 ? [] : rules.descend(stack, from, name);
      closeStack(stack);
      stack = next;
      if (stack.length === 0) return undefined;
    }
    return body(stack);
  } finally {
    closeStack(stack);
  }
}

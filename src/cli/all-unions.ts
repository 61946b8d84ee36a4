import type { Problem } from '../problem.js';
import type { Bytes } from '../sys/bytes.js';
import { inodeKey } from '../sys/inode-id.js';
import { canonicalPath } from '../union/absolute-path.js';
import { branchDirectory } from '../union/branch-directory.js';
import { discoverUnions } from '../union/discover.js';
import { describeTarget, type TargetWords } from '../union/target.js';
import type { Branch, Union } from '../union/union.js';
import { verify } from '../union/verify.js';
import { readConfig } from './config-file.js';
import type { ConfiguredUnion } from './config-yaml.js';
import type { Context } from './context.js';
import type { UnionPolicy } from './union-policy.js';

/** One union of `--all`: what to call it, and how to get at it. */
export interface NamedUnion {
  /** Its mount point or upper, for messages. */
  readonly name: Bytes | undefined;
  readonly policy: UnionPolicy;
  /** @throws as resolveTarget does */
  open(): Union;
}

/**
 * Every union that the kernel, fstab or the configuration knows and that has a writable branch, each once: one that
 * the kernel knows too is taken as the kernel tells it, with the policy of the configuration.
 *
 * @param config - value of `--config`
 * @throws Problem `usage` where the configuration cannot be read
 */
export async function allUnions(config: Bytes | undefined, context: Context): Promise<NamedUnion[]> {
  const { kernelRoot } = context;
  const configured = (await readConfig(config, kernelRoot)).map((each) => ({
    ...each,
    branches: branchesOf(each.words, kernelRoot),
  }));
  const all = discoverUnions(kernelRoot);
  const known = all.flatMap(({ described, mountpoint }) => {
    if (described?.branches.some(({ role }) => role === 'upper') !== true) return [];
    return [{ described, mountpoint, uppers: described.branches.filter(isUpper).map(keyOf) }];
  });
  const inUse = new Set(known.flatMap(({ described, uppers }) => (described.mounted ? uppers : [])));
  const taken = new Set<ConfiguredUnion>();
  const discovered = known.flatMap(({ described, mountpoint, uppers }): NamedUnion[] => {
    // fstab has another mount point for what is mounted.
    if (described.mounted === undefined && uppers.some((upper) => inUse.has(upper))) return [];
    const same = configured.filter(
      ({ words, branches }) =>
        isAt(words.mountpoint, mountpoint) ||
        branches.some((branch) => isUpper(branch) && uppers.includes(keyOf(branch))),
    );
    for (const each of same) taken.add(each);
    return [{ name: mountpoint, policy: same[0]?.policy ?? {}, open: () => verify(described) }];
  });
  const others = new Map<string, NamedUnion>();
  for (const each of configured) {
    const { words, policy, branches } = each;
    const key = branches.map((branch) => `${branch.role} ${keyOf(branch)}`).join('\n');
    if (taken.has(each) || (key !== '' && others.has(key))) continue;
    others.set(key === '' ? `unknown ${others.size}` : key, {
      name: words.mountpoint ?? branches.find(isUpper)?.path ?? words.upper ?? words.options?.[0],
      policy,
      open: () => verify(describeTarget(words, kernelRoot)),
    });
  }
  // The branches of such a line are told, and nobody may take the union for maintained.
  const refused = all.flatMap(({ refusal, mountpoint }): NamedUnion[] => {
    if (refusal === undefined || configured.some(({ words }) => isAt(words.mountpoint, mountpoint)))
      return [];
    return [{ name: mountpoint, policy: {}, open: () => raise(refusal) }];
  });
  return [...discovered, ...refused, ...others.values()];
}

function raise(refusal: Problem): never {
  throw refusal;
}

const isUpper = ({ role }: Branch): boolean => role === 'upper';

/** None where the words do not tell: whatever is wrong with them is told when the union is opened. */
function branchesOf(words: TargetWords, kernelRoot: Bytes): readonly Branch[] {
  try {
    return describeTarget(words, kernelRoot).branches;
  } catch {
    return [];
  }
}

/** The same for each of the paths to a directory: by text alone two would pass for two where a bind mount is. */
function keyOf({ path }: Branch): string {
  try {
    return inodeKey(branchDirectory(path, 'a branch'));
  } catch {
    return canonicalPath(path);
  }
}

function isAt(words: Bytes | undefined, mountpoint: Bytes): boolean {
  return words !== undefined && canonicalPath(words) === canonicalPath(mountpoint);
}

import type { Bytes } from '../sys/bytes.js';
import { canonicalPath } from '../union/absolute-path.js';
import type { DescribedUnion } from '../union/described.js';
import { discoverUnions } from '../union/discover.js';
import { describeTarget } from '../union/target.js';
import type { Union } from '../union/union.js';
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
  const configured = await readConfig(config, kernelRoot);
  const taken = new Set<ConfiguredUnion>();
  const discovered = discoverUnions(kernelRoot).flatMap(({ described, mountpoint }): NamedUnion[] => {
    if (described?.branches.some(({ role }) => role === 'upper') !== true) return [];
    const same = configured.filter(({ words }) => isSame(words, mountpoint, described));
    for (const each of same) taken.add(each);
    return [{ name: mountpoint, policy: same[0]?.policy ?? {}, open: () => verify(described) }];
  });
  const others = configured
    .filter((each) => !taken.has(each))
    .map(
      ({ words, policy }): NamedUnion => ({
        name: words.mountpoint ?? words.upper,
        policy,
        open: () => verify(describeTarget(words, kernelRoot)),
      }),
    );
  return [...discovered, ...others];
}

function isSame(words: ConfiguredUnion['words'], mountpoint: Bytes, described: DescribedUnion): boolean {
  if (words.mountpoint !== undefined) return canonicalPath(words.mountpoint) === canonicalPath(mountpoint);
  if (words.upper === undefined) return false;
  const upper = canonicalPath(words.upper);
  return described.branches.some(({ role, path }) => role === 'upper' && canonicalPath(path) === upper);
}

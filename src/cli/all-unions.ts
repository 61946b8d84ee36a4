import type { Bytes } from '../sys/bytes.js';
import { discoverUnions } from '../union/discover.js';
import { describeTarget } from '../union/target.js';
import type { Union } from '../union/union.js';
import { verify } from '../union/verify.js';
import { readConfig } from './config-file.js';
import type { Context } from './context.js';

/** One union of `--all`: what to call it, and how to get at it. */
export interface NamedUnion {
  /** Its mount point or upper, for messages. */
  readonly name: Bytes | undefined;
  /** @throws as resolveTarget does */
  open(): Union;
}

/**
 * Every union that the kernel, fstab or the configuration file knows and that has a writable branch.
 *
 * @param config - value of `--config`
 */
export function allUnions(config: Bytes | undefined, context: Context): NamedUnion[] {
  const discovered = discoverUnions(context.kernelRoot).flatMap(({ described, mountpoint }): NamedUnion[] =>
    described?.branches.some(({ role }) => role === 'upper') === true
      ? [{ name: mountpoint, open: () => verify(described) }]
      : [],
  );
  const known = new Set(discovered.map(({ name }) => name));
  const configured = readConfig(config, context.kernelRoot)
    .filter(({ mountpoint }) => mountpoint === undefined || !known.has(mountpoint))
    .map(
      (words): NamedUnion => ({
        name: words.mountpoint ?? words.upper,
        open: () => verify(describeTarget(words, context.kernelRoot)),
      }),
    );
  return [...discovered, ...configured];
}

import { Problem } from '../problem.js';
import type { Bytes } from '../sys/bytes.js';
import { resolveTarget, type TargetWords } from '../union/target.js';
import type { Union } from '../union/union.js';
import type { targetOptions } from './common-options.js';
import type { Context } from './context.js';
import type { Values } from './option.js';

/** The words for one union out of a command's options and positionals. */
export function targetWords(
  values: Values<typeof targetOptions>,
  positionals: readonly Bytes[],
): TargetWords {
  // `--fstab FILE MOUNTPOINT`: an optional value can only follow an equals sign, so FILE arrives as a positional.
  const [file, mountpoint, ...more] =
    values.fstab === '' && positionals.length > 1 ? positionals : [values.fstab, ...positionals];
  if (more.length > 0) {
    throw new Problem('usage', 'two-targets', `only one union can be named: ${more.length} too many`);
  }
  return {
    mountpoint,
    options: values.options,
    upper: values.upper,
    lowers: values.lower,
    work: values.work,
    format: values.format,
    fstab: file,
  };
}

/** The union that the command line names. */
export function selectUnion(
  values: Values<typeof targetOptions>,
  positionals: readonly Bytes[],
  context: Context,
): Union {
  const words = targetWords(values, positionals);
  return resolveTarget(words, context.kernelRoot);
}

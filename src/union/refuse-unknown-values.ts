import { Problem } from '../problem.js';
import type { MountOption } from './mount-options.js';

/** The code of what is thrown. */
export const BAD_OPTION = 'bad-option';

const onOff = ['on', 'off'];

/** What Linux takes, up to 6.18; an empty list for a bare word. */
const known: Readonly<Record<string, readonly string[]>> = {
  index: onOff,
  nfs_export: onOff,
  metacopy: onOff,
  redirect_dir: ['on', 'follow', 'nofollow', 'off'],
  xino: ['on', 'off', 'auto'],
  uuid: ['on', 'off', 'null', 'auto'],
  verity: ['on', 'off', 'require'],
  fsync: ['volatile', 'strict', 'auto'],
  volatile: [],
  userxattr: [],
};

/**
 * Refuses what overlayfs refuses of a person's words: a misspelt value must not pass for the option left out. Not for
 * the kernel's own, whose newer releases may know more.
 *
 * @throws Problem `usage` `bad-option`
 */
export function refuseUnknownValues(options: readonly MountOption[]): void {
  for (const { key, value } of options) {
    const values = Object.hasOwn(known, key) ? known[key] : undefined;
    if (values === undefined) continue;
    const fits = values.length === 0 ? value === undefined : values.includes(value ?? '');
    if (fits) continue;
    const message =
      values.length === 0
        ? `the mount option ${key} takes no value: ${key}=${value}`
        : `the mount option ${key} takes one of ${values.join(', ')}, not ${value || 'nothing'}`;
    throw new Problem('usage', BAD_OPTION, message);
  }
}

import { existsSync } from 'node:fs';
import { Problem } from '../problem.js';
import type { Bytes } from '../sys/bytes.js';
import { hasCapability, inFirstUserNamespace } from '../sys/capabilities.js';
import type { Union } from './union.js';

/**
 * Refuses an overlay whose marks this process cannot see: to others the kernel answers that there is no
 * `trusted.*` attribute, and a whole index would look damaged.
 *
 * @throws Problem operational `privilege`
 */
export function refuseUnreadableMarks(union: Union): void {
  if (union.format !== 'overlay' || union.options.userxattr) return;
  if (hasCapability('CAP_SYS_ADMIN')) {
    if (inFirstUserNamespace()) return;
    if (!existsSync('/proc/self')) {
      throw new Problem(
        'operational',
        'no-proc',
        'this is not mounted, and nothing else tells in which namespace this is',
        {
          path: '/proc' as Bytes,
          hint: 'mount -t proc proc /proc',
        },
      );
    }
  }
  throw new Problem(
    'operational',
    'privilege',
    'the marks of an overlay are trusted.* attributes, which need CAP_SYS_ADMIN of the host to be seen',
    {
      path: union.branches[0]?.path,
      hint: 'run it as root, outside of containers (an overlay that was mounted with userxattr needs no root: -o userxattr)',
    },
  );
}

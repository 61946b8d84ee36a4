import type { GroupHints } from '../scan/hints/group-hints.js';
import { AT_FDCWD } from '../sys/check.js';
import { stat } from '../sys/stat.js';
import { isSysError } from '../sys/sys-error.js';
import type { Union } from '../union/union.js';

/** Counts the lowers of a union that will be worked on: what several unions share is listed once for all of them. */
export function expectLowers({ branches }: Union, groups: GroupHints | undefined): void {
  for (const { path, role } of branches) {
    if (role !== 'lower') continue;
    try {
      groups?.expect(stat(AT_FDCWD, path));
    } catch (error) {
      // What is wrong with it is told when it is worked on.
      if (!isSysError(error)) throw error;
    }
  }
}

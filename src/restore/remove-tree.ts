import type { Bytes } from '../sys/bytes.js';
import { rmdir, unlink } from '../sys/names.js';
import { treeSteps } from '../union/tree-steps.js';

/** Removes a name, with everything below it if it is a directory. Other mounts inside are not entered: EXDEV. */
export function removeTree(dirfd: number, name: Bytes): void {
  for (const step of treeSteps(dirfd, name)) {
    if (step.at === 'file') unlink(step.dirfd, step.name);
    if (step.at === 'left') rmdir(step.dirfd, step.name);
  }
}

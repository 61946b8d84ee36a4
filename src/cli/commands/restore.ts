import { defineCommand } from '../command.js';
import { lookOptions, outputOptions, targetOptions, writeOptions } from '../common-options.js';
import { mend } from '../mend.js';
import { onUnions } from '../on-unions.js';

/** `plinkctl restore` */
export const restore = defineCommand({
  name: 'restore',
  summary: 'recreate every missing hardlink on the upper branch; the index stays',
  details: [
    'Finds the names that each index entry stands for and links those that are missing at their proper path, with the directories they need. The index entries stay, so that a mount with the index goes on as before.',
    'In a mounted overlay with index=on the kernel is made to link them, file by file; programs go on meanwhile. One with index=off, or mounted read-only, is refused (75).',
    'A link is never replaced by a copy, and nothing else changes: no mode, no owner, no time.',
  ],
  examples: [
    ['$0 restore /mnt/union', 'while it is mounted and in use'],
    ['$0 restore --dry-run -o lowerdir=/l,upperdir=/u,workdir=/w', 'the plan, nothing changed'],
    ['$0 restore --upper /u --lower /l1 --lower /l2 --work /w', 'do it'],
  ],
  exitStatus: [[4, 'an entry was kept whose names could not be proved; each is named']],
  positionals: ['[MOUNTPOINT]'],
  options: { ...targetOptions, ...writeOptions, ...lookOptions, ...outputOptions },
  run: (invocation, context) =>
    onUnions(invocation, context, (union) => mend(union, 'restore', invocation.values, context)),
});

import { bestEffort } from '../best-effort.js';
import { defineCommand } from '../command.js';
import { allOption, lookOptions, outputOptions, targetOptions, writeOptions } from '../common-options.js';
import { mend } from '../mend.js';
import { onUnions } from '../on-unions.js';

/** `plinkctl flush` */
export const flush = defineCommand({
  name: 'flush',
  summary: 'restore every missing hardlink, then remove each index entry that is proved whole',
  details: [
    'Links every missing name at its proper path, makes that durable, looks again, and only then removes the index entry. An entry with one name that cannot be proved stays, and is named with the reason.',
    'The entries of a mounted overlay are the kernel’s: there flush restores the names and says how the entries go once it is unmounted.',
    'A run that is stopped anywhere leaves nothing that a second run does not finish.',
  ],
  examples: [
    ['$0 flush --dry-run -o lowerdir=/l,upperdir=/u,workdir=/w', 'the plan, nothing changed'],
    ['$0 flush -o br:/u=rw:/l=ro', 'an aufs that is not mounted'],
    ['$0 flush --all --wait=60', 'from a timer'],
  ],
  exitStatus: [[4, 'entries were kept that need attention; each is named']],
  positionals: ['[MOUNTPOINT]'],
  options: { ...targetOptions, ...allOption, ...writeOptions, ...lookOptions, ...outputOptions },
  run: (invocation, context) =>
    onUnions(invocation, context, async (union, policy) =>
      bestEffort(await mend(union, 'flush', invocation.values, context), policy),
    ),
});

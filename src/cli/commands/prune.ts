import { bestEffort } from '../best-effort.js';
import { defineCommand } from '../command.js';
import { allOption, lookOptions, outputOptions, targetOptions, writeOptions } from '../common-options.js';
import { onUnions } from '../on-unions.js';
import { pruneOptions, prune as pruneUnion } from '../prune-union.js';

/** `plinkctl prune` */
export const prune = defineCommand({
  name: 'prune',
  summary: 'remove index entries that are proved orphaned',
  details: [
    'An entry goes only where no name of the union can ever show it: its names were removed or hidden through the union, its inode has no other link, and no process has it open. Among them are those that the kernel counts wrongly and would keep for ever.',
    'Where the lower file is gone, the entry may be the last copy of its data: it goes only with --rescue DIR or --without-rescue, and by default only when it has been left alone for a day, since a lower that is being upgraded or copied looks the same for a while. An aufs entry goes only where a record of its names proves it (plinkctl record).',
    'A mounted union is left to the kernel: one that is named is refused, and --all passes it over. Whatever cannot be judged is kept.',
  ],
  examples: [
    ['$0 prune --dry-run --upper /u --lower /l --work /w', 'what would go'],
    ['$0 prune --all --min-age 7d --rescue /var/lib/plinkctl/rescue --wait=60', 'from cron'],
  ],
  exitStatus: [[4, 'entries were kept that need attention; each is named']],
  positionals: ['[MOUNTPOINT]'],
  options: {
    ...targetOptions,
    ...allOption,
    ...pruneOptions,
    ...writeOptions,
    ...lookOptions,
    ...outputOptions,
  },
  run: (invocation, context) =>
    onUnions(invocation, context, async (union, policy) =>
      bestEffort(await pruneUnion(union, invocation.values, context, policy), policy),
    ),
});

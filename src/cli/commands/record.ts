import { bestEffort } from '../best-effort.js';
import { defineCommand } from '../command.js';
import { allOption, lookOptions, outputOptions, targetOptions } from '../common-options.js';
import { onUnions } from '../on-unions.js';
import { record as recordNames } from '../record-names.js';

/** `plinkctl record` */
export const record = defineCommand({
  name: 'record',
  summary: 'write down which names each index entry stands for, while that is known',
  details: [
    'A mounted aufs knows which names each pseudo-link stands for; after a crash nothing on its branches tells of those that were not linked yet. Run from a timer, or by a hook before an unmount, this keeps the names in the state directory, from where list, restore, flush and prune take them when the branches prove too little.',
    'The mount is looked at by lstat and readdir alone, so nothing is linked by it. What was recorded is believed only as far as it still fits: the same inodes, generations included, and no whiteout since.',
  ],
  examples: [
    ['$0 record /mnt/union', 'a mounted union'],
    ['$0 record --all --quiet', 'from cron, every quarter of an hour'],
  ],
  exitStatus: [[4, 'nothing is known of an entry; each is named']],
  positionals: ['[MOUNTPOINT]'],
  options: {
    ...targetOptions,
    ...allOption,
    'dry-run': { type: 'flag', alias: 'n', describe: 'tell what would be written, write nothing' },
    anew: { type: 'flag', describe: 'forget what was recorded before' },
    ...lookOptions,
    ...outputOptions,
  },
  run: (invocation, context) =>
    onUnions(invocation, context, async (union, policy) =>
      bestEffort(await recordNames(union, invocation.values, context), policy),
    ),
});

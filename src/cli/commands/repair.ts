import { defineCommand } from '../command.js';
import { lookOptions, outputOptions, targetOptions, writeOptions } from '../common-options.js';
import { onUnions } from '../on-unions.js';
import { repairOptions, repairUnion } from '../repair-union.js';

/** `plinkctl repair` */
export const repair = defineCommand({
  name: 'repair',
  summary: 'mend what check finds',
  details: [
    'Looks the whole union over as check does and mends what can be mended. With -y it does what is safe: nothing that anybody can see is lost or changes. Everything else is asked on a terminal, with the files side by side; without a terminal and without -y nothing is changed.',
    'What cannot be placed is moved to the rescue directory, where each file keeps its name, owner and attributes in a directory of its own, with a note of where it came from. Without --rescue it stays where it is.',
    'The union must not be mounted. A run that is interrupted anywhere can be run again.',
  ],
  examples: [
    ['$0 repair --dry-run --upper /u --lower /l --work /w', 'what would be done'],
    ['$0 repair -y --rescue /var/lib/plinkctl/rescue -o lowerdir=/l,upperdir=/u,workdir=/w', 'do it'],
    ['$0 repair -y --unbreak etc/passwd -o lowerdir=/l,upperdir=/u,workdir=/w', 'join a group again'],
  ],
  exitStatus: [
    [0, 'nothing is left to be mended'],
    [4, 'something is left, or was left alone for want of an answer; each is named'],
  ],
  positionals: ['[MOUNTPOINT]'],
  options: { ...targetOptions, ...repairOptions, ...writeOptions, ...lookOptions, ...outputOptions },
  run: (invocation, context) =>
    onUnions(invocation, context, (union) => repairUnion(union, invocation.values, context)),
});

import { discoverReport } from '../../report/discover-report.js';
import { countEntries } from '../../union/count-entries.js';
import { discoverUnions } from '../../union/discover.js';
import { defineCommand } from '../command.js';
import { outputOptions } from '../common-options.js';

/** `plinkctl discover` */
export const discover = defineCommand({
  name: 'discover',
  summary: 'list the unions of this machine, their branches, and how many entries their index has',
  details: [
    'Looks at the mounts of every mount namespace that it may see, and at fstab. The number of entries is that of the names in the index, without the temporary ones that the kernel leaves there: plinkctl list tells what they are.',
  ],
  examples: [['$0 discover --json', 'for a program']],
  exitStatus: [[4, 'never']],
  positionals: [],
  options: outputOptions,
  run: async (_, context) => {
    const unions = discoverUnions(context.kernelRoot);
    return discoverReport(
      unions.map((union) => ({
        ...union,
        count: union.described === undefined ? undefined : countEntries(union.described),
      })),
    );
  },
});

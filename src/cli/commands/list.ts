import { countReport } from '../../report/count-report.js';
import { scanReport } from '../../report/scan-report.js';
import { asMounted } from '../../union/as-mounted.js';
import { defineCommand } from '../command.js';
import { allOption, lookOptions, outputOptions, targetOptions } from '../common-options.js';
import { entryFilter, listOptions } from '../list-options.js';
import { onUnions } from '../on-unions.js';
import { scanUnion } from '../scan-union.js';
import { stopwatch } from '../stopwatch.js';

/** `plinkctl list` */
export const list = defineCommand({
  name: 'list',
  summary: 'show every index entry: its state, its names, the names missing',
  details: [
    'Reads only. Each entry of the index is shown with the names that lead to it (✓) and those that should and do not (−).',
    'A union that is named by its branches is told to be mounted where this mount namespace has it so; check looks into the other namespaces too.',
  ],
  examples: [
    ['$0 list /mnt/union', 'a mounted union'],
    ['$0 list --upper /u --lower /l --work /w', 'an overlay that is not mounted'],
    ['$0 list --tree --state restorable,damaged /mnt/union', 'where in the tree names are missing'],
    ['$0 list --json -o br:/u=rw:/l=ro', 'an aufs that is not mounted, for a program'],
  ],
  exitStatus: [[4, 'never: what needs attention is told by check']],
  positionals: ['[MOUNTPOINT]'],
  options: { ...targetOptions, ...allOption, ...listOptions, ...lookOptions, ...outputOptions },
  async run(invocation, context) {
    const { values } = invocation;
    const filter = entryFilter(values);
    const report = await onUnions(invocation, context, async (named) => {
      // --all has asked for all of them at once.
      const union = values.all === true ? named : asMounted(named, context.kernelRoot, false);
      const seconds = stopwatch();
      const found = await scanUnion(union, false, context);
      const selected = { ...found, entries: filter(found.entries) };
      return scanReport('list', selected, seconds(), {
        tree: values.tree === true,
        of: found.entries.length,
      });
    });
    return values.count === true ? countReport(report, values.all === true) : report;
  },
});

import { htmlPage } from '../../report/html/html-page.js';
import { scanReport } from '../../report/scan-report.js';
import { writeAside } from '../../sys/write-aside.js';
import { asMounted } from '../../union/as-mounted.js';
import { defineCommand } from '../command.js';
import { allOption, lookOptions, outputOptions, targetOptions } from '../common-options.js';
import { failureOf } from '../failure.js';
import { onUnions } from '../on-unions.js';
import type { Options } from '../option.js';
import { refuseSpecialFile } from '../refuse-special-file.js';
import { scanUnion } from '../scan-union.js';
import { stopwatch } from '../stopwatch.js';

const htmlOption = {
  html: {
    type: 'text',
    value: 'FILE',
    describe: 'write the result as an HTML page too, readable by its owner alone',
    group: 'Output:',
  },
} as const satisfies Options;

/** `plinkctl check` */
export const check = defineCommand({
  name: 'check',
  summary: 'look the index and the upper branch over: every finding, with what would mend it',
  details: [
    'Reads only. Tells what would go wrong at the next mount before it is tried: the kernel itself removes entries that it does not understand, and with them perhaps the only copy of a file.',
  ],
  examples: [
    ['$0 check /mnt/union', 'a mounted union'],
    ['$0 check --all --html /root/unions.html', 'a page to read, to send or to print'],
    ['$0 check --all --quiet', 'every union of the machine, only what needs attention'],
  ],
  exitStatus: [
    [0, 'nothing was found'],
    [4, 'something was found'],
  ],
  positionals: ['[MOUNTPOINT]'],
  options: { ...targetOptions, ...allOption, ...htmlOption, ...lookOptions, ...outputOptions },
  async run(invocation, context) {
    const { html, all } = invocation.values;
    if (html !== undefined) refuseSpecialFile(html);
    const report = await onUnions(invocation, context, async (named) => {
      // --all has asked for all of them at once.
      const union = all === true ? named : asMounted(named, context.kernelRoot, true);
      const seconds = stopwatch();
      const found = await scanUnion(union, true, context);
      return scanReport('check', found, seconds());
    });
    if (html === undefined) return report;
    const origin = { version: context.version, date: new Date() };
    try {
      refuseSpecialFile(html);
      // It names files of directories that others may not list.
      writeAside(html, htmlPage(report.subjects ?? [], origin), { mode: 0o600, durable: false });
      return report;
    } catch (error) {
      // What was found must be told also where the page cannot be kept.
      return { ...report, lost: failureOf(error) };
    }
  },
});

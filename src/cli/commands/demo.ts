import { demoReport } from '../../report/demo-report.js';
import { targetWords } from '../../report/target-words.js';
import { defineCommand } from '../command.js';
import { outputOptions } from '../common-options.js';
import { setStage } from '../demo/set-stage.js';
import { mend } from '../mend.js';

/** `plinkctl demo` */
export const demo = defineCommand({
  name: 'demo',
  summary: 'build a small union, show it broken, flush it, show it whole',
  details: [
    'Works in a temporary directory, which is removed again. Root gets a real overlayfs; everybody else gets plain directories in the shape of an aufs branch. What mends them is the code of plinkctl flush.',
  ],
  examples: [['$0 demo', 'takes a second']],
  exitStatus: [[8, 'the demo could not be set up, or did not end well']],
  positionals: [],
  options: outputOptions,
  run: async (_, context) => {
    const { stage, reason } = await setStage();
    try {
      const broken = stage.look();
      const flush = await mend(stage.union, 'flush', { 'dry-run': undefined, wait: undefined }, context);
      const { made, lookedAt, whileMounted } = stage;
      const commandLine = `plinkctl flush ${targetWords(stage.union).replaceAll(`${stage.root}/`, '')}`;
      return demoReport({
        made,
        reason,
        whileMounted,
        lookedAt,
        broken,
        commandLine,
        flush,
        whole: stage.look(),
      });
    } finally {
      stage.dispose();
    }
  },
});

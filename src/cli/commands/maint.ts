import { maintenanceStatus } from '../../lock/maintenance-status.js';
import { runInMaintenance } from '../../lock/run-in-maintenance.js';
import { Problem } from '../../problem.js';
import { maintStatusReport } from '../../report/maint-status-report.js';
import { targetJson } from '../../report/target-view.js';
import { defineCommand } from '../command.js';
import { outputOptions, targetOptions, writeOptions } from '../common-options.js';
import { selectUnion } from '../select-union.js';
import { spawnWords } from '../spawn-words.js';
import { waitSeconds } from '../wait-seconds.js';

/** `plinkctl maint run` */
export const maintRun = defineCommand({
  name: 'maint run',
  summary: 'hold the maintenance mode of a union while a command runs',
  details: [
    'No other plinkctl works on the union meanwhile; what the command itself starts may, one at a time. The exit status is the command’s (128 and more: the signal that ended it). With --json its output goes to stderr.',
  ],
  examples: [
    ["$0 maint run --upper /u --lower /l --work /w -- sh -c 'backup /u && plinkctl flush …'", 'a backup'],
    ['$0 maint run --wait=60 /mnt/union -- rsync -aH /mnt/union/ /backup/', 'after waiting for another'],
  ],
  exitStatus: [[75, 'busy: somebody else holds the maintenance mode; CMD was not run']],
  positionals: ['[MOUNTPOINT]', '-- CMD…'],
  takesRest: true,
  options: { ...targetOptions, wait: writeOptions.wait, ...outputOptions },
  run: async ({ values, positionals, rest }, context) => {
    const [program, ...args] = rest;
    if (program === undefined || program === '') {
      throw new Problem('usage', 'no-command', 'no command is given', {
        hint: 'write it behind --: plinkctl maint run MOUNTPOINT -- CMD…',
      });
    }
    const union = selectUnion(values, positionals, context);
    const [command, words] = spawnWords(program, args);
    const exitCode = await runInMaintenance(union, command, words, {
      wait: waitSeconds(values.wait),
      signal: context.signal,
      // The one document of --json has stdout for itself.
      output: values.json === true ? 'stderr' : 'stdout',
      onWait: (problem) => context.notice({ level: 'notice', text: `${problem.message}; waiting` }),
      onNote: (text) => context.notice({ level: 'notice', text }),
    });
    return { exitCode, text: () => [], json: () => ({ target: targetJson(union) }) };
  },
});

/** `plinkctl maint status` */
export const maintStatus = defineCommand({
  name: 'maint status',
  summary: 'say who holds the maintenance mode of a union',
  details: ['Tries the lock for an instant, so nothing but the truth is told; changes nothing.'],
  examples: [['$0 maint status /mnt/union', 'held, by whom, since when']],
  exitStatus: [
    [0, 'nobody holds it'],
    [4, 'never'],
    [75, 'somebody holds it'],
  ],
  positionals: ['[MOUNTPOINT]'],
  options: { ...targetOptions, ...outputOptions },
  run: async ({ values, positionals }, context) => {
    const union = selectUnion(values, positionals, context);
    return maintStatusReport(union, await maintenanceStatus(union));
  },
});

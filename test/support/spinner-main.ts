import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { spinner } from '../../src/report/progress.js';

// The columns that the terminal gets one after another, each for some frames of the program and of ora's own timer.
const progress = spinner(process.stderr);
await sleep(400);
for (const columns of process.argv.slice(2)) {
  spawnSync('stty', ['cols', columns], { stdio: 'inherit' });
  for (let frame = 0; frame < 5; frame += 1) {
    await sleep(100);
    progress.show(`frame ${frame} of ${columns}`);
  }
}
progress.end();
process.stdout.write('ended\n');

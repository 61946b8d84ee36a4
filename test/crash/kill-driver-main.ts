import { main } from '../../src/main.js';
import { interpose } from '../../src/sys/seam.js';
import { isEffect } from './effects.js';

/** `SIGNAL NUMBER COMMAND…`: runs a command line, and sends itself the signal after that many effects. */
const [signal, number, ...argv] = process.argv.slice(2);
let left = Number(number);
interpose((call, proceed) => {
  const result = proceed();
  if (isEffect(call)) {
    left -= 1;
    if (left === 0) process.kill(process.pid, signal);
  }
  return result;
});
process.exitCode = await main('plinkctl', argv);

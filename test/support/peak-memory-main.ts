import { readFileSync } from 'node:fs';
import { main } from '../../src/main.js';

// The peak that wait4(2) tells is that of the process which started this one, where that was larger.
process.exitCode = await main('plinkctl', process.argv.slice(2));
process.stderr.write(/^VmHWM:.*$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[0] ?? '');

import { pause } from './pause.js';

/** More than a run works between two looks at signals. */
const BREATH_MS = 50;

// With a listener of its own a SIGTERM that comes too late ends no test run.
process.on('SIGTERM', () => undefined);

/** Sends SIGTERM to what runs in this process, as it would arrive: when the event loop is free, which now is due. */
export function stopSoon(): void {
  setImmediate(() => process.emit('SIGTERM', 'SIGTERM'));
  pause(BREATH_MS);
}

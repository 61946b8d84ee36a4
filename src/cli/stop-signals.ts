import { Stopped } from './stopped.js';

/** Aborted by SIGINT and SIGTERM until it is given back. */
export interface StopSignals {
  readonly signal: AbortSignal;
  release(): void;
}

/** Turns the first SIGINT or SIGTERM into an abort; a second one ends the process in the ordinary way. */
export function stopSignals(): StopSignals {
  const controller = new AbortController();
  const onSignal = (name: 'SIGINT' | 'SIGTERM'): void => {
    // Not `once`: with no other listener left, proper-lockfile's own would end the process at the first signal.
    if (!controller.signal.aborted) {
      controller.abort(new Stopped(name));
      return;
    }
    release();
    process.kill(process.pid, name);
  };
  const release = (): void => {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return { signal: controller.signal, release };
}

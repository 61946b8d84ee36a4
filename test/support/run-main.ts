import { main } from '../../src/main.js';
import { capturedStreams } from './captured-streams.js';

/** What a command line gave. */
export interface MainResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process, without a terminal. */
export async function runMain(...argv: readonly string[]): Promise<MainResult> {
  const streams = capturedStreams();
  const code = await main('plinkctl', argv, streams);
  return { code, ...streams.written };
}

/** As {@link runMain}, with the effective user (and so the capabilities) of an ordinary user. */
export async function runMainAs(uid: number, ...argv: readonly string[]): Promise<MainResult> {
  // What is loaded late must be loaded by now: that user may not see the checkout.
  await Promise.all([
    import('../../src/cli/run-line.js'),
    import('chalk'),
    import('fs-extra'),
    import('ora'),
    import('proper-lockfile'),
    import('yargs'),
  ]);
  process.seteuid?.(uid);
  try {
    return await runMain(...argv);
  } finally {
    process.seteuid?.(0);
  }
}

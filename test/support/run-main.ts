import { main } from '../../src/main.js';

/** What a command line gave. */
export interface MainResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process, without a terminal. */
export async function runMain(...argv: readonly string[]): Promise<MainResult> {
  let [out, err] = ['', ''];
  const code = await main('plinkctl', argv, {
    out(text) {
      out += text;
    },
    err(text) {
      err += text;
    },
    outIsTerminal: false,
    errIsTerminal: false,
    columns: 80,
    env: process.env,
  });
  return { code, out, err };
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

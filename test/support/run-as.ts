import { main } from '../../src/main.js';
import { capturedStreams } from './captured-streams.js';
import type { MainResult } from './run-main.js';

/** Runs the program in this process under another name. */
export async function runAs(
  name: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<MainResult> {
  const streams = capturedStreams({ env });
  const code = await main(`/sbin/${name}`, argv, streams);
  return { code, ...streams.written };
}

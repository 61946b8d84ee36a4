import { main } from '../../src/main.js';
import type { MainResult } from './run-main.js';

/** Runs the program in this process under another name. */
export async function runAs(
  name: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<MainResult> {
  let [out, err] = ['', ''];
  const code = await main(`/sbin/${name}`, argv, {
    out(text) {
      out += text;
    },
    err(text) {
      err += text;
    },
    outIsTerminal: false,
    errIsTerminal: false,
    columns: 80,
    env,
  });
  return { code, out, err };
}

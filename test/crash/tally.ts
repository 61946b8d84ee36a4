import { appendFileSync } from 'node:fs';

/** Puts a test's counts on record in the file named by PLINKCTL_CRASH_TALLY, one JSON line each. */
export function tally(kind: string, what: string, counts: Readonly<Record<string, number>>): void {
  const file = process.env.PLINKCTL_CRASH_TALLY;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ kind, what, ...counts })}\n`);
}

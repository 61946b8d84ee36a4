import type { Finding, ScanResult } from '../result.js';

/** Each directory that could not be looked into. */
export function unreadableFindings({ unreadable }: Pick<ScanResult, 'unreadable'>): Finding[] {
  return unreadable.map(({ path, code }) => ({
    code: 'unreadable',
    severity: 'warning',
    path,
    message: `cannot be read (${code}): entries it may concern are kept`,
    remedy: 'mend the directory or the rights to it, then run again',
    safe: false,
  }));
}

import type { Finding, ScanResult } from '../result.js';

/** Each directory that could not be looked into. */
export function unreadableFindings({ unreadable }: Pick<ScanResult, 'unreadable'>): Finding[] {
  return unreadable.map(({ path, code }) => ({
    code: 'unreadable',
    severity: 'warning',
    path,
    message:
      code === 'ENOKEY'
        ? 'is encrypted and locked: entries it may concern are kept'
        : `cannot be read (${code}): entries it may concern are kept`,
    remedy:
      code === 'ENOKEY'
        ? 'unlock the directory, then run again'
        : 'mend the directory or the rights to it, then run again',
    safe: false,
  }));
}

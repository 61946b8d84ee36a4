import type { ScanResult } from '../../src/scan/result.js';

/** All that a scan found, but for how far it walked, and in no order. */
export function scanFacts({ walked, ...result }: ScanResult): unknown {
  return sorted(result);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value
      .map((each) => [key(sorted(each)), sorted(each)])
      .sort((a, b) => (`${a[0]}` < `${b[0]}` ? -1 : 1));
  }
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, sorted(each)]));
}

function key(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? `${each}` : each));
}

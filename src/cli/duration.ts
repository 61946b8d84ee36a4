import { Problem } from '../problem.js';

const units: Readonly<Record<string, bigint>> = {
  s: 1n,
  m: 60n,
  h: 3600n,
  d: 86_400n,
  w: 604_800n,
};

/**
 * A length of time, such as `90` (seconds), `15m`, `1d12h` or `2w`, in nanoseconds.
 *
 * @param name - what it was given for, for the message
 * @throws Problem `usage`
 */
export function duration(name: string, value: string): bigint {
  const parts = /^\d+$/.test(value) ? [`${value}s`] : value.match(/\d+[smhdw]/g);
  if (parts === null || !/^(\d+[smhdw]?|(\d+[smhdw])+)$/.test(value)) {
    throw new Problem('usage', 'bad-option', `${name} takes a length of time: 90, 15m, 12h, 1d or 2w`);
  }
  return parts.reduce(
    (sum, part) => sum + BigInt(part.slice(0, -1)) * (units[part.slice(-1)] ?? 1n) * 1_000_000_000n,
    0n,
  );
}

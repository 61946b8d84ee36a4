import type { Bytes } from '../sys/bytes.js';
import { seconds } from './values.js';

/** How long `--wait` waits; alone it waits for ever, and without it nobody waits. */
export function waitSeconds(value: Bytes | undefined): number | undefined {
  if (value === undefined) return undefined;
  return value === '' ? Number.POSITIVE_INFINITY : seconds('wait', value);
}

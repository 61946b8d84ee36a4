import type { Bytes } from '../sys/bytes.js';
import { shown } from '../words/shown.js';

/** Where a finding is; the root of the union has the path `''`. */
export function findingPath(path: Bytes): string {
  return path === '' ? '/' : shown(path);
}

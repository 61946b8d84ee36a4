import { readFileSync } from 'node:fs';
import { metricsText } from '../report/metrics.js';
import { type Bytes, toBuffer } from '../sys/bytes.js';
import { writeAside } from '../sys/write-aside.js';
import type { JsonObject } from '../words/json.js';
import { refuseSpecialFile } from './refuse-special-file.js';

/**
 * Puts the result of a run into a metrics file, whole or not at all: a collector may read at any moment.
 *
 * @param document - what `--json` would have printed
 */
export function writeMetrics(file: Bytes, document: JsonObject): void {
  const now = Math.round(Date.now() / 1000);
  refuseSpecialFile(file);
  // The collector is another user.
  writeAside(file, metricsText(document, now, previousText(file)), { mode: 0o644, durable: false });
}

function previousText(file: Bytes): string {
  try {
    return readFileSync(toBuffer(file), 'utf8');
  } catch {
    return '';
  }
}

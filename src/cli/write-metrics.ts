import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { metricsText } from '../report/metrics.js';
import type { JsonObject } from '../report/report.js';
import { type Bytes, toBuffer } from '../sys/bytes.js';
import { naming } from './naming.js';

/**
 * Puts the result of a run into a metrics file, whole or not at all: a collector may read at any moment.
 *
 * @param document - what `--json` would have printed
 */
export function writeMetrics(file: Bytes, document: JsonObject): void {
  const now = Math.round(Date.now() / 1000);
  // The collector takes only names that end in `.prom`.
  const temporary = toBuffer(`${file}.${process.pid}` as Bytes);
  try {
    naming(file, () => writeFileSync(temporary, metricsText(document, now, previousText(file))));
    // The collector is another user, and root's umask may be strict.
    chmodSync(temporary, 0o644);
    naming(file, () => renameSync(temporary, toBuffer(file)));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function previousText(file: Bytes): string {
  try {
    return readFileSync(toBuffer(file), 'utf8');
  } catch {
    return '';
  }
}

import type { JsonObject } from '../words/json.js';

/** The JSON document's `summary`. */
export interface Summary {
  readonly entries: number;
  readonly linksMissing: number;
  readonly linksRestored: number;
  readonly entriesRemoved: number;
  /** Entries that stay and ask for attention. */
  readonly entriesKept: number;
  readonly bytesFreed: bigint;
  readonly seconds: number;
}

/** As JSON: bytes as a decimal string, seconds to the millisecond. */
export function summaryJson(summary: Summary): JsonObject {
  return {
    ...summary,
    bytesFreed: `${summary.bytesFreed}`,
    seconds: Math.round(summary.seconds * 1000) / 1000,
  };
}

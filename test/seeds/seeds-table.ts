import type { Kind } from './kinds.js';
import type { SeedResult } from './seeds-order.js';

interface Row {
  tried: number;
  failed: number;
  milliseconds: number;
}

/** Counts what was tried, by kind. */
export class SeedsTable {
  readonly failed: number[] = [];
  readonly #rows = new Map<Kind, Row>();
  readonly #start = performance.now();
  readonly #total: number;
  #tried = 0;
  #now = 0;

  constructor(total: number) {
    this.#total = total;
  }

  /** @param earlier - it was tried by an earlier run, which says nothing about the speed of this one */
  add({ seed, kind, milliseconds, error }: SeedResult, earlier = false): void {
    const row = this.#rows.get(kind) ?? { tried: 0, failed: 0, milliseconds: 0 };
    this.#rows.set(kind, row);
    row.tried += 1;
    row.milliseconds += milliseconds;
    this.#tried += 1;
    if (!earlier) this.#now += 1;
    if (error === undefined) return;
    row.failed += 1;
    this.failed.push(seed);
  }

  progress(): string {
    const seconds = (performance.now() - this.#start) / 1000;
    const rate = this.#now / seconds;
    const left = rate > 0 ? Math.round((this.#total - this.#tried) / rate) : 0;
    const told = `${this.#tried} of ${this.#total} seeds, ${this.failed.length} mismatches`;
    return `${told}, ${rate.toFixed(1)} a second, ${Math.floor(left / 60)} min ${left % 60} s left`;
  }

  summary(): string {
    const seconds = (performance.now() - this.#start) / 1000;
    const line = (kind: string, { tried, failed, milliseconds }: Row): string =>
      [
        kind.padEnd(10),
        `${tried}`.padStart(8),
        `${failed}`.padStart(11),
        `${Math.round(milliseconds / Math.max(1, tried))}`.padStart(9),
      ].join('');
    const rows = [...this.#rows].sort(([a], [b]) => (a < b ? -1 : 1));
    const all = rows.reduce(
      (sum, [, row]) => ({
        tried: sum.tried + row.tried,
        failed: sum.failed + row.failed,
        milliseconds: sum.milliseconds + row.milliseconds,
      }),
      { tried: 0, failed: 0, milliseconds: 0 },
    );
    return [
      'kind         seeds mismatches  ms each',
      ...rows.map(([kind, row]) => line(kind, row)),
      line('all', all),
      `${this.#now} seeds in ${Math.round(seconds)} s, ${(this.#now / seconds).toFixed(1)} a second`,
    ].join('\n');
  }
}

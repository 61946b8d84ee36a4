import { milliseconds } from '../milliseconds.js';
import { grouped, plural } from '../words/plural.js';

/** A rate is told after so many milliseconds of measuring: the first files of a cold disk say little. */
const MEASURE_MS = 1000;

/** Words for a progress line: how far, how fast, and how long still. */
export class ProgressLine {
  readonly #now: () => number;
  #start: { readonly at: number; readonly done: number } | undefined;
  #last = 0;

  /** @param now - milliseconds */
  constructor(now: () => number = milliseconds) {
    this.#now = now;
  }

  /** @param atMost - names that there can be; a walk ends before them where all that it looks for is found */
  looking(
    { directories, names }: { readonly directories: number; readonly names: number },
    atMost: number | undefined,
  ): string {
    const rate = this.#rate(names);
    const parts = [
      `looking: ${plural(directories, 'directory', 'directories')}, ${plural(names, 'name')}`,
      ...(rate === undefined ? [] : [`${grouped(Math.round(rate))}/s`]),
      ...left('at most ', names, atMost, rate),
    ];
    return parts.join(', ');
  }

  linking({ links, total }: { readonly links: number; readonly total: number }): string {
    return this.#counted(`linking: ${plural(links, 'name')}`, links, total);
  }

  repairing({ repairs, total }: { readonly repairs: number; readonly total: number }): string {
    return this.#counted(`repairing: ${grouped(repairs)}`, repairs, total);
  }

  #counted(words: string, done: number, total: number): string {
    const rate = this.#rate(done);
    const parts = [
      `${words} of ${grouped(total)}`,
      ...(rate === undefined ? [] : [`${grouped(Math.round(rate))}/s`]),
      ...left('', done, total, rate),
    ];
    return parts.join(', ');
  }

  /** Of one thing a second; undefined until it can be told. A count that falls is that of another walk. */
  #rate(done: number): number | undefined {
    const at = this.#now();
    if (this.#start === undefined || done < this.#last) this.#start = { at, done };
    this.#last = done;
    const elapsed = at - this.#start.at;
    return elapsed < MEASURE_MS ? undefined : ((done - this.#start.done) / elapsed) * 1000;
  }
}

function left(prefix: string, done: number, total: number | undefined, rate: number | undefined): string[] {
  if (total === undefined || rate === undefined || rate <= 0 || done >= total) return [];
  return [`${prefix}${duration((total - done) / rate)} left`];
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.ceil(minutes / 60)} h`;
}

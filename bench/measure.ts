import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

/** A command to be timed as a whole process. */
export interface Contender {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** Puts things as they must be before each run; its time does not count. */
  readonly before?: () => void;
}

export interface Measured {
  readonly name: string;
  /** Milliseconds, median over the rounds. */
  readonly ms: number;
  /** Median of the ratios to the first contender, round by round. */
  readonly ratio: number;
  /** Peak resident memory, MiB, the largest of all rounds. */
  readonly mib: number;
}

export interface MeasureOptions {
  readonly rounds: number;
  /** Drop the page, dentry and inode caches before every run. */
  readonly cold: boolean;
}

/**
 * Times contenders round by round, in turns and every other round in reverse, so that what disturbs the machine
 * disturbs all alike; what counts is the ratio to the first within one round. Warm, the first round is thrown away.
 */
export function measure(
  program: string,
  contenders: readonly Contender[],
  { rounds, cold }: MeasureOptions,
): Measured[] {
  const samples: Measured[][] = [];
  for (let round = cold ? 1 : 0; round <= rounds; round += 1) {
    const inTurn = round % 2 === 0 ? contenders : [...contenders].reverse();
    const sample = inTurn.map(({ name, command, before }) => {
      before?.();
      if (cold) writeFileSync('/proc/sys/vm/drop_caches', '3');
      const [ns = 0, kib = 0, status = 0] = execFileSync(program, command).toString().split(' ').map(Number);
      if (status !== 0) throw new Error(`${name} failed with ${status}: ${command.join(' ')}`);
      return { name, ms: ns / 1e6, ratio: Number.NaN, mib: kib / 1024 };
    });
    if (round > 0) samples.push(round % 2 === 0 ? sample : sample.reverse());
  }
  return compare(samples);
}

/** Medians over rounds that each hold the same contenders in the same order, and the ratios to the first of them. */
export function compare(rounds: readonly (readonly Measured[])[]): Measured[] {
  return (rounds[0] ?? []).map(({ name }, i) => {
    const own = rounds.map((round) => round[i] as Measured);
    return {
      name,
      ms: median(own.map(({ ms }) => ms)),
      ratio: median(own.map(({ ms }, round) => ms / (rounds[round]?.[0]?.ms ?? Number.NaN))),
      mib: Math.max(...own.map(({ mib }) => mib)),
    };
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

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
  const times = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  const peaks = new Map<string, number>();
  for (let round = cold ? 1 : 0; round <= rounds; round += 1) {
    for (const { name, command, before } of round % 2 === 0 ? contenders : [...contenders].reverse()) {
      before?.();
      if (cold) writeFileSync('/proc/sys/vm/drop_caches', '3');
      const [ns = 0, kib = 0, status = 0] = execFileSync(program, command).toString().split(' ').map(Number);
      if (status !== 0) throw new Error(`${name} failed with ${status}: ${command.join(' ')}`);
      if (round === 0) continue;
      times.get(name)?.push(ns / 1e6);
      peaks.set(name, Math.max(peaks.get(name) ?? 0, kib / 1024));
    }
  }
  const first = times.get(contenders[0]?.name ?? '') ?? [];
  return contenders.map(({ name }) => {
    const own = times.get(name) ?? [];
    const ratios = own.map((ms, i) => ms / (first[i] ?? Number.NaN));
    return { name, ms: median(own), ratio: median(ratios), mib: peaks.get(name) ?? 0 };
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

import { type ChildProcess, spawn } from 'node:child_process';

const running = new Set<ChildProcess>();

/** Kills what a failed test has left running. */
export function killBusyPrograms(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** A program that works in a mount while a test does something else. */
export interface BusyProgram {
  /** Undefined while it runs. */
  readonly ended: number | null | undefined;
  /** Ends it by SIGTERM, and returns its exit code and what it wrote. */
  stop(): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>;
}

/**
 * Repeats a line of shell until it is stopped or fails (exit code 1), then prints how often it was done. `$n` in it
 * is the number of the turn.
 */
export function repeat(line: string): BusyProgram {
  const script = `trap stop=1 TERM; n=0; while [ -z "$stop" ]; do n=$((n+1)); ${line} || exit 1; done; echo $n`;
  return run('/bin/sh', ['-c', script]);
}

/** Starts a program. */
export function run(program: string, args: readonly string[]): BusyProgram {
  return busy(spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] }));
}

function busy(child: ChildProcess): BusyProgram {
  running.add(child);
  let [out, err] = ['', ''];
  let ended: number | null | undefined;
  child.stdout?.on('data', (data) => {
    out += String(data);
  });
  child.stderr?.on('data', (data) => {
    err += String(data);
  });
  const end = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      running.delete(child);
      ended = code;
      resolve();
    });
  });
  end.catch(() => undefined);
  return {
    get ended() {
      return ended;
    },
    async stop() {
      child.kill('SIGTERM');
      await end;
      return { code: ended ?? null, out, err };
    },
  };
}

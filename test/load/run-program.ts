import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** How a run of the program ended. */
export interface Run {
  readonly words: readonly string[];
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
  readonly seconds: number;
  /** The most memory that was resident, MiB. */
  readonly peak: number;
}

const LOOK_MS = 20;

/** Runs a command of the built program as a process of its own. */
export function runProgram(root: string, ...words: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    const start = performance.now();
    const child = spawn(process.execPath, [`${root}/bin/plinkctl.js`, ...words]);
    let [out, err, peak] = ['', '', 0];
    const look = setInterval(() => {
      peak = Math.max(peak, highWater(child.pid));
    }, LOOK_MS);
    child.stdout.on('data', (data) => {
      out += String(data);
    });
    child.stderr.on('data', (data) => {
      err += String(data);
    });
    child.once('close', (status) => {
      clearInterval(look);
      resolve({ words, status, out, err, seconds: (performance.now() - start) / 1000, peak });
    });
  });
}

/** The kernel keeps the maximum, so that looking now and then is enough. */
function highWater(pid: number | undefined): number {
  try {
    const kib = /^VmHWM:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return Number(kib ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** The checkout that a test file or a bundle of it belongs to. */
export const checkout = process.env.PLINKCTL_CHECKOUT ?? fileURLToPath(new URL('../..', import.meta.url));

import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Union } from '../../src/union/union.js';
import { bundle } from './bundle.js';

/** What the driver's commands take, beside the union. */
export interface DriverOptions {
  readonly runtime: string;
  /** Seconds; none: do not wait. JSON has no Infinity. */
  readonly wait?: number;
  readonly staleMs?: number;
  readonly admitsChildren?: boolean;
  /** `contend`: where entering and leaving is put on record. */
  readonly log?: string;
  readonly rounds?: number;
  /** `contend`: starts when this file is there. */
  readonly go?: string;
  /** `run`; also what `hold` starts when it is told to `spawn`. */
  readonly program?: readonly string[];
}

export type DriverCommand = 'hold' | 'linger' | 'contend' | 'try' | 'run' | 'status' | 'in-use';

export type Answer = Readonly<Record<string, unknown>>;

/** A program of its own around src/lock, for tests about several processes: jest's own cannot be killed. */
export class LockDriver {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async build(directory: string): Promise<LockDriver> {
    const path = join(directory, 'driver.mjs');
    await bundle(fileURLToPath(new URL('../lock/driver-main.ts', import.meta.url)), path);
    return new LockDriver(path);
  }

  /** Arguments for node. */
  args(command: DriverCommand, union: Union, options: DriverOptions): string[] {
    return [this.path, command, JSON.stringify({ union, ...options })];
  }

  /** Runs a command to its end, below `wrapper` (such as `unshare --pid --fork`). */
  run(command: DriverCommand, union: Union, options: DriverOptions, wrapper: readonly string[] = []) {
    const [program = '', ...args] = [...wrapper, process.execPath, ...this.args(command, union, options)];
    const result = spawnSync(program, args, { encoding: 'utf8' });
    const [line = ''] = result.stdout.split('\n');
    if (line === '') throw new Error(`no answer: ${result.stderr}`);
    return JSON.parse(line) as Answer;
  }

  /** Starts a command and leaves it running. */
  start(command: DriverCommand, union: Union, options: DriverOptions, wrapper: readonly string[] = []) {
    const [program = '', ...args] = [...wrapper, process.execPath, ...this.args(command, union, options)];
    return new RunningDriver(spawn(program, args, { stdio: 'pipe' }));
  }
}

/** A driver that lives; it is told what to do by lines. */
export class RunningDriver {
  readonly process: ChildProcessWithoutNullStreams;
  /** Resolves with the exit status when it has ended. */
  readonly ended: Promise<number | null>;
  readonly #answers: AsyncIterator<string>;
  #errors = '';

  constructor(child: ChildProcessWithoutNullStreams) {
    this.process = child;
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stderr.on('data', (data) => {
      this.#errors += String(data);
    });
    child.stdin.on('error', () => undefined);
    this.ended = new Promise((resolve) => child.once('exit', resolve));
  }

  /** Its next line. */
  async answer(): Promise<Answer> {
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error(`the driver ended without an answer: ${this.#errors}`);
    return JSON.parse(value) as Answer;
  }

  async ask(line: string): Promise<Answer> {
    this.process.stdin.write(`${line}\n`);
    return this.answer();
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.process.kill(signal);
    await this.ended;
  }

  get stderr(): string {
    return this.#errors;
  }
}

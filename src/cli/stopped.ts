import { exitCode } from './exit-code.js';

/** A signal ended the run; the reason of the abort signal that commands are given. */
export class Stopped extends Error {
  readonly code = 'STOPPED' as const;
  override readonly name = 'Stopped';
  readonly exitCode: number;

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(`stopped by ${signal}`);
    this.exitCode = signal === 'SIGINT' ? exitCode.interrupted : exitCode.terminated;
  }
}

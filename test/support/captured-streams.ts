import type { Streams } from '../../src/cli/context.js';

/** Streams without a terminal, and what was written to them. */
export interface CapturedStreams extends Streams {
  readonly written: { out: string; err: string };
}

/** @param more - what is otherwise than in a pipe of this process */
export function capturedStreams(more: Partial<Streams> = {}): CapturedStreams {
  const written = { out: '', err: '' };
  return {
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
    outIsTerminal: false,
    errIsTerminal: false,
    columns: 80,
    env: process.env,
    ...more,
    written,
  };
}

import { isatty } from 'node:tty';
import type { Streams } from './context.js';

/** The process' own stdout and stderr. Node makes each stream when it is first asked for, 1 ms apiece. */
export function processStreams(): Streams {
  let out: NodeJS.WriteStream | undefined;
  return {
    out(text) {
      out ??= ignoringBrokenPipe(process.stdout);
      out.write(text);
    },
    err: (text) => void process.stderr.write(text),
    outIsTerminal: isatty(1),
    errIsTerminal: isatty(2),
    get columns() {
      return process.stdout.columns ?? 80;
    },
    env: process.env,
  };
}

// `plinkctl list | head`: the reader has what it wanted.
function ignoringBrokenPipe(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return stream;
}

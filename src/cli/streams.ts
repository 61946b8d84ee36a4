import { writeSync } from 'node:fs';
import type { Streams } from './context.js';
import { forsakeDeadTerminals, mayBeTerminal } from './forsake-dead-terminals.js';
import { isJournal } from './is-journal.js';

/**
 * The process' own stdout and stderr, written by system calls: `process.stdout` loads the network and stream
 * modules, 5 ms of every start.
 */
export function processStreams(): Streams {
  const terminal = isTerminal(1, () => process.stdout);
  const errIsTerminal = isTerminal(2, () => process.stderr);
  const answers = errIsTerminal && isTerminal(0, () => process.stdin);
  // The progress line of a terminal that goes away is no reason to stop.
  if (errIsTerminal) process.stderr.on('error', () => undefined);
  process.once('exit', forsakeDeadTerminals);
  return {
    out: (text) => write(STDOUT, text),
    err: (text) => write(STDERR, text),
    outIsTerminal: terminal,
    errIsTerminal,
    outIsJournal: isJournal(1, process.env),
    errIsJournal: isJournal(2, process.env),
    columns: (terminal && process.stdout.columns) || 80,
    env: process.env,
    ask: answers ? ask : undefined,
  };
}

async function ask(question: string, signal: AbortSignal): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // While it reads lines a terminal sends Ctrl+C as a byte and no signal.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const ended = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  let gone = false;
  // EIO: the terminal is gone, and nobody will answer. To close what reads it fails so again.
  const onError = (): void => {
    if (gone) return;
    gone = true;
    terminal.close();
  };
  for (const end of [terminal, process.stdin]) end.on('error', onError);
  try {
    const answer = await Promise.race([terminal.question(question, { signal }), ended]);
    if (gone) await interrupt(signal);
    return answer;
  } catch (error) {
    signal.throwIfAborted();
    if ((error as Error).name !== 'AbortError') throw error;
    // Ctrl+D: nothing was answered, and the line not ended.
    write(STDERR, '\n');
    return '';
  } finally {
    terminal.close();
    process.stdin.off('error', onError);
  }
}

/** Stops the run as Ctrl+C does. Without the terminal nothing but the timer keeps the event loop turning until then. */
async function interrupt(signal: AbortSignal): Promise<void> {
  process.kill(process.pid, 'SIGINT');
  while (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  throw signal.reason;
}

function isTerminal(fd: number, stream: () => { readonly isTTY?: boolean }): boolean {
  return mayBeTerminal(fd) && stream().isTTY === true;
}

const STDOUT = 1;
const STDERR = 2;
const AGAIN_MS = 5;

function write(fd: number, text: string): void {
  const bytes = Buffer.from(text, 'utf8');
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // `plinkctl list | head`: the reader has what it wanted. Without the descriptor nobody listens at all.
      if (code === 'EPIPE' || code === 'EBADF') return;
      if (code !== 'EAGAIN') {
        // A log that takes no more is no reason to stop, and there is nowhere left to say so.
        if (fd === STDERR) return;
        throw Object.assign(error as object, { path: 'standard output' });
      }
      // Somebody who shares the pipe made it non-blocking, and it is full.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, AGAIN_MS);
    }
  }
}

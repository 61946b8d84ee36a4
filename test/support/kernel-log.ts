import { closeSync, constants, openSync, readSync } from 'node:fs';

// The kernel hands out one record a read, and none is longer.
const RECORD_BYTES = 8192;

const OVERLAY = /^overlay(fs)?:/;

/** Runs `action` and returns what overlayfs told the kernel log meanwhile (on any mount of the machine). */
export function kernelLog(action: () => void, told: RegExp = OVERLAY): string[] {
  const log = openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    readRecords(log);
    action();
    return readRecords(log).filter((message) => told.test(message));
  } finally {
    closeSync(log);
  }
}

/** As {@link kernelLog}, for an action that takes its time. */
export async function kernelLogOf(action: () => Promise<void>): Promise<string[]> {
  const log = openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    readRecords(log);
    await action();
    return readRecords(log).filter((message) => /^overlay(fs)?:/.test(message));
  } finally {
    closeSync(log);
  }
}

function readRecords(log: number): string[] {
  const messages: string[] = [];
  const buffer = Buffer.alloc(RECORD_BYTES);
  for (;;) {
    try {
      const record = buffer.toString('utf8', 0, readSync(log, buffer, 0, RECORD_BYTES, null));
      const [message = ''] = record.slice(record.indexOf(';') + 1).split('\n');
      messages.push(message);
    } catch (error) {
      // Node's own errors come from outside of jest's realm: `instanceof Error` is false for them here.
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') return messages;
      // EPIPE: the ring buffer overtook us; the next read goes on with its oldest record.
      if (code !== 'EPIPE') throw error;
    }
  }
}

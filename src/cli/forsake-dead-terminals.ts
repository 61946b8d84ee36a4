import { closeSync, fstatSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import type tty from 'node:tty';

// Major 1 are the memory devices, /dev/null among them.
const MEMORY_DEVICES = 1;

/** Whether a descriptor may be a terminal; what it is takes the modules of the network to tell. */
export function mayBeTerminal(fd: number): boolean {
  try {
    const { rdev } = fstatSync(fd);
    return rdev !== 0 && rdev >> 8 !== MEMORY_DEVICES;
  } catch {
    // Started without this descriptor.
    return false;
  }
}

/**
 * Puts `/dev/null` in the place of those of the first three descriptors whose terminal is gone. As it exits Node gives
 * each terminal that it was started with its modes back, and aborts with a dump of its stack where that fails: here
 * with EIO. To close them is not enough, for koffi waits for ever where it finds no stderr.
 */
export function forsakeDeadTerminals(): void {
  for (const fd of [0, 1, 2].filter(mayBeTerminal)) {
    const { isatty } = createRequire(import.meta.url)('node:tty') as typeof tty;
    if (isatty(fd)) continue;
    closeSync(fd);
    // Takes the lowest number that is free: Node sees to it that those below are not.
    openSync('/dev/null', 'r+');
  }
}

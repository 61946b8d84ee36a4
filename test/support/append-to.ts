import { closeSync, constants, openSync, writeSync } from 'node:fs';

/**
 * Appends to a file that is there. Without O_CREAT, which fs.protected_regular refuses even to root in sticky
 * directories.
 */
export function appendTo(file: Buffer, text: string): void {
  const fd = openSync(file, constants.O_WRONLY | constants.O_APPEND);
  try {
    writeSync(fd, text);
  } finally {
    closeSync(fd);
  }
}

import { fstatSync } from 'node:fs';

/**
 * Whether a descriptor leads to the systemd journal, which takes a priority before each line. JOURNAL_STREAM holds
 * the device and inode of the stream that the service was started with (systemd.exec(5)); every child inherits the
 * variable, but not each has that stream still.
 */
export function isJournal(fd: number, env: Readonly<Record<string, string | undefined>>): boolean {
  const stream = env.JOURNAL_STREAM;
  if (stream === undefined || stream === '') return false;
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true });
    return stream === `${dev}:${ino}`;
  } catch {
    // Started without this descriptor.
    return false;
  }
}

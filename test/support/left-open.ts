import { closeSync, readdirSync, readlinkSync } from 'node:fs';

/** Closes the descriptors that this process still has below a directory, and returns their paths. */
export function closeLeftOpen(directory: string): string[] {
  const left: string[] = [];
  for (const fd of readdirSync('/proc/self/fd')) {
    const path = targetOf(fd);
    if (path === undefined || !(path === directory || path.startsWith(`${directory}/`))) continue;
    left.push(path);
    closeSync(Number(fd));
  }
  return left;
}

// The descriptor of the listing itself is gone by now.
function targetOf(fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined;
  }
}

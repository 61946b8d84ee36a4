import { readFileSync } from 'node:fs';

/** Mount points at and below `directory` that this process sees, the innermost and latest first. */
export function mountsBelow(directory: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => unescapeOctal(line.split(' ')[4] ?? ''))
    .filter((mountpoint) => mountpoint === directory || mountpoint.startsWith(`${directory}/`))
    .reverse();
}

function unescapeOctal(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

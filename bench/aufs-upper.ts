import { linkSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The writable branch of an aufs in which one more line was written to files, and that was not flushed. */
export function aufsUpper(upper: string, lower: string, names: readonly string[]): string {
  const plinks = join(upper, '.wh..wh.plnk');
  mkdirSync(plinks, { recursive: true, mode: 0o700 });
  for (const [i, name] of names.entries()) {
    const file = join(upper, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${readFileSync(join(lower, name), 'utf8')}more\n`);
    linkSync(file, join(plinks, `${1000 + i}.${statSync(file).ino}`));
  }
  return upper;
}

import { join } from 'node:path';
import { command } from './command.js';
import { type TempDir, tempDir } from './temp-dir.js';

/** What `make install` gives, in a directory of its own. */
export interface Installed {
  /** The prefix that it was installed for, and is at. */
  readonly prefix: string;
  /** Path of a file below the prefix. */
  at(path: string): string;
  dispose(): void;
}

/** Installs from dist/ as it stands. */
export function makeInstall(): Installed {
  const directory: TempDir = tempDir('prefix');
  const prefix = directory.path;
  command('make', '--silent', '--old-file=dist/main.cjs', 'install', `PREFIX=${prefix}`);
  return { prefix, at: (path) => join(prefix, path), dispose: () => directory.dispose() };
}

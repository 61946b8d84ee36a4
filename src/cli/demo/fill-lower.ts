import { dirname, join } from 'node:path';
import type { FileSystem } from './file-system.js';
import { names, texts } from './stage.js';

/** One file under all names, as a read-only branch has it. */
export function fillLower(fs: FileSystem, lower: string): void {
  const [first, ...others] = names;
  fs.outputFileSync(join(lower, first), texts.before);
  for (const name of others) {
    fs.ensureDirSync(dirname(join(lower, name)));
    fs.linkSync(join(lower, first), join(lower, name));
  }
}

import { Problem } from '../problem.js';
import type { Bytes } from '../sys/bytes.js';
import type { TargetWords } from '../union/target.js';
import { shown } from '../words/shown.js';
import { defineCommand } from './command.js';
import { targetOptions } from './common-options.js';
import type { Values } from './option.js';
import { parseLean } from './parse-lean.js';
import { relativeBranch } from './relative-branch.js';
import { targetWords } from './select-union.js';
import { splitWords } from './split-words.js';
import { toValues } from './values.js';

// A line names a union in the words of the command line, so it is parsed as one.
const line = defineCommand({
  name: 'union',
  summary: '',
  details: [],
  examples: [],
  exitStatus: [],
  positionals: ['[MOUNTPOINT]'],
  options: targetOptions,
  run: () => Promise.reject(new Error('a line of the configuration file is not a command')),
});

/**
 * The short form of a configuration: one union a line, in the words of the command line (`MOUNTPOINT`, `-o …`,
 * `--upper … --lower …`), quoted as for a shell; `#` begins a comment.
 *
 * @throws Problem `usage` naming the line that cannot be read
 */
export function parseConfigLines(text: Bytes, path: Bytes): TargetWords[] {
  return text.split('\n').flatMap((raw, index) => {
    const words = splitWords(raw as Bytes);
    if (words?.length === 0) return [];
    const parsed = words && parseLean([line], ['union' as Bytes, ...words]);
    if (parsed === undefined || raw.includes('\0')) {
      throw new Problem('usage', 'bad-config', `line ${index + 1} does not name a union`, {
        path,
        hint: 'write it as on the command line: MOUNTPOINT, -o OPTIONS, or --upper DIR --lower DIR',
      });
    }
    try {
      const values = toValues(line.options, parsed.raw) as Values<typeof targetOptions>;
      return [absolute(targetWords(values, parsed.positionals))];
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      throw new Problem('usage', 'bad-config', `line ${index + 1}: ${error.message}`, { path });
    }
  });
}

/** Where a relative path leads depends on who runs it: a person's shell, cron, systemd. */
function absolute(words: TargetWords): TargetWords {
  const { mountpoint, fstab, upper, lowers = [], work } = words;
  const paths = { MOUNTPOINT: mountpoint, '--fstab': fstab, '--upper': upper, '--work': work };
  for (const [name, path] of [
    ...Object.entries(paths),
    ...lowers.map((lower) => ['--lower', lower] as const),
  ]) {
    // An empty --fstab is the system's.
    if (path === undefined || path.startsWith('/') || (name === '--fstab' && path === '')) continue;
    throw new Problem('usage', 'bad-config', `${name} must be an absolute path`);
  }
  const relative = relativeBranch(words.options ?? []);
  if (relative !== undefined) {
    const message = `-o must name branches by absolute paths: ${shown(relative)} is none`;
    throw new Problem('usage', 'bad-config', message);
  }
  return words;
}

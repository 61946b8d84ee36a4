import type { Unreadable } from '../scan/result.js';
import type { JsonObject } from '../words/json.js';
import { pathJson } from '../words/path-json.js';
import { shown } from '../words/shown.js';
import type { Line, Page } from './report.js';

/** Directories that could not be seen into, and what follows. */
export function unreadableLines(unreadable: readonly Unreadable[], { style }: Page): Line[] {
  if (unreadable.length === 0) return [];
  return [
    { level: 'warning', text: '' },
    {
      level: 'warning',
      text: style.yellow(style.bold('Could not be looked into, so nothing there is proved')),
    },
    ...unreadable.map(({ path, branch, code }) => ({
      level: 'warning' as const,
      text: `  ${style.yellow('•')} branch ${branch}: ${path === '' ? 'its root' : shown(path)} ${style.dim(`[${code}]`)}${remedyOf(code)}`,
    })),
  ];
}

/** One element of the JSON document's `unreadable`. */
export function unreadableJson({ path, branch, code }: Unreadable): JsonObject {
  return { path: pathJson(path), branch, code };
}

/** What to do, behind a directory; nothing where the code tells as much. */
function remedyOf(code: string): string {
  return code === 'ENOKEY' ? ' encrypted and locked: unlock it, then run again' : '';
}

import { personalities } from '../personality-of.js';
import { commands } from '../table.js';
import { bashCompletion } from './bash-completion.js';
import { completionTable, shells } from './completion-table.js';
import { fishCompletion } from './fish-completion.js';
import { zshCompletion } from './zsh-completion.js';

export type Shell = (typeof shells)[number];

const makers = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** The completion script of one shell. */
export function completionScript(shell: Shell): string {
  return makers[shell](completionTable(commands), Object.keys(personalities));
}

/** The shell that somebody uses, by `$SHELL`; bash where that is another. */
export function shellOf(path: string | undefined): Shell {
  const name = path?.slice(path.lastIndexOf('/') + 1);
  return shells.find((shell) => shell === name) ?? 'bash';
}

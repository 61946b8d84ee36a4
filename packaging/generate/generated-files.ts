import type { Command } from '../../src/cli/command.js';
import { bashCompletion } from '../../src/cli/completion/bash-completion.js';
import { completionTable } from '../../src/cli/completion/completion-table.js';
import { fishCompletion } from '../../src/cli/completion/fish-completion.js';
import { zshCompletion } from '../../src/cli/completion/zsh-completion.js';
import { personalities } from '../../src/cli/personality-of.js';
import { commands } from '../../src/cli/table.js';
import { fillPage } from './fill-page.js';
import { manSections } from './man-sections.js';

/**
 * Every file that is made from the command table.
 *
 * @param read - the present text of a file of the project
 * @returns path from the project's root, and what the file should hold
 */
export function generatedFiles(
  read: (path: string) => string,
  table: readonly Command[] = commands,
  otherNames: readonly string[] = Object.keys(personalities),
): ReadonlyMap<string, string> {
  const completed = completionTable(table);
  return new Map([
    ['man/plinkctl.8', fillPage(read('man/plinkctl.8'), manSections(table, otherNames))],
    ['packaging/completions/plinkctl.bash', bashCompletion(completed, otherNames)],
    ['packaging/completions/_plinkctl', zshCompletion(completed, otherNames)],
    ['packaging/completions/plinkctl.fish', fishCompletion(completed, otherNames)],
  ]);
}

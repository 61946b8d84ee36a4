import type { Command } from '../../src/cli/command.js';
import { shownOptions } from '../../src/cli/completion/shown-options.js';
import { exitMeanings } from '../../src/cli/exit-code.js';
import { manOption, manOptions } from './man-option.js';
import { isShared, sharedGroups } from './option-groups.js';
import { bold, italic, roff, tagged } from './roff.js';

/** The parts of plinkctl(8) that are made from the command table, by the name of their place in the page. */
export function manSections(
  commands: readonly Command[],
  otherNames: readonly string[],
): Readonly<Record<string, string>> {
  return {
    commands: commands.map(commandText).join(''),
    options: sharedGroups
      .map(({ heading, options }) => `.SS ${roff(heading)}\n${manOptions(options)}`)
      .join(''),
    'exit-status': exitMeanings([])
      .map(([code, meaning]) => tagged(bold(String(code)), `${sentence(meaning)}`))
      .join(''),
    examples: commands.flatMap(exampleTexts).join(''),
    names: otherNames.length === 0 ? '' : `${otherNames.map(bold).join(',\n')}.\n`,
  };
}

function commandText(command: Command): string {
  const { name, summary, details, positionals, exitStatus, options } = command;
  const own = shownOptions(options).filter(([option, text]) => !isShared(option, text));
  const synopsis = [bold(`plinkctl ${name}`), `[${italic('OPTION')}]...`, ...positionals.map(italic)];
  return [
    `.SS plinkctl ${roff(name)}`,
    `${synopsis.join(' ')}`,
    ...[sentence(summary), ...details.map(roff)].flatMap((paragraph) => ['.PP', paragraph]),
    '',
  ]
    .join('\n')
    .concat(
      own.map(([option, text]) => manOption(option, text)).join(''),
      exitStatus
        .map(([code, meaning]) => tagged(`Exit status ${bold(String(code))}`, sentence(meaning)))
        .join(''),
    );
}

function exampleTexts({ examples }: Command): string[] {
  return examples.map(([line, what]) => tagged(bold(line.replace('$0', 'plinkctl')), sentence(what)));
}

function sentence(text: string): string {
  return roff(`${text.charAt(0).toUpperCase()}${text.slice(1)}.`);
}

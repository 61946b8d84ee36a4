import type { Option } from '../option.js';
import {
  type CompletedCommand,
  groups,
  helped,
  isGroup,
  offeredFor,
  otherWords,
  shells,
} from './completion-table.js';

const unions = `function __plinkctl_unions
    # findmnt writes names in \\xHH.
    findmnt -rno TARGET -t overlay,aufs 2>/dev/null | while read -l target
        printf '%b\\n' $target
    end
    __fish_complete_directories
end`;

/** A completion for fish. */
export function fishCompletion(table: readonly CompletedCommand[], otherNames: readonly string[]): string {
  const tree = groups(table);
  const lines = [
    '# fish completion for plinkctl(8)',
    "# Made from the command table by 'npm run man'.",
    '',
    unions,
    '',
    'complete -c plinkctl -f',
    'complete -c plinkctl -n __fish_use_subcommand -s h -l help -d "show help"',
    'complete -c plinkctl -n __fish_use_subcommand -l version -d "show the version"',
    ...otherWords.map(([word, what]) => first(word, what)),
    `complete -c plinkctl -n '__fish_seen_subcommand_from as' -a '${otherNames.join(' ')}'`,
    `complete -c plinkctl -n '__fish_seen_subcommand_from completion' -a '${shells.join(' ')}'`,
    `complete -c plinkctl -n '__fish_seen_subcommand_from help' -a '${helped(table).join(' ')}'`,
  ];
  for (const [word, members] of tree) {
    const summaries = members.map(({ summary }) => summary).join('; ');
    lines.push('', first(word, summaries));
    for (const member of members) {
      const second = isGroup(members) ? member.name.slice(word.length + 1) : undefined;
      const here = `__fish_seen_subcommand_from ${word}`;
      if (second !== undefined) {
        const none = members.map(({ name }) => name.slice(word.length + 1)).join(' ');
        lines.push(
          `complete -c plinkctl -n '${here}; and not __fish_seen_subcommand_from ${none}' -a ${second} -d ${quoted(member.summary)}`,
        );
      }
      const condition = second === undefined ? here : `${here}; and __fish_seen_subcommand_from ${second}`;
      lines.push(...commandLines(member, `complete -c plinkctl -n '${condition}'`));
    }
  }
  return `${lines.join('\n')}\n`;
}

function first(word: string, what: string): string {
  return `complete -c plinkctl -n __fish_use_subcommand -a ${word} -d ${quoted(what)}`;
}

function commandLines({ options, takesUnion }: CompletedCommand, start: string): string[] {
  const lines = options.flatMap(([name, option]) => optionLines(name, option, start));
  return takesUnion ? [`${start} -a '(__plinkctl_unions)'`, ...lines] : lines;
}

function optionLines(name: string, option: Option, start: string): string[] {
  const short = option.alias === undefined ? '' : ` -s ${option.alias}`;
  const lines = [`${start}${short} -l ${name}${value(option)} -d ${quoted(option.describe)}`];
  if (option.type === 'flag' && name !== 'help') lines.push(`${start} -l no-${name}`);
  return lines;
}

// -x: a value and no file names, -r -F: a value that is a file.
function value(option: Option): string {
  if (option.type === 'flag' || option.type === 'optional') return '';
  const offered = offeredFor(option);
  if (offered === 'directories') return " -x -a '(__fish_complete_directories)'";
  if (offered === 'files') return ' -r -F';
  return offered === 'nothing' ? ' -x' : ` -x -a '${offered.join(' ')}'`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

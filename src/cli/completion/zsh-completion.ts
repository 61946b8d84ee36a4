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

/** A completion for zsh. */
export function zshCompletion(table: readonly CompletedCommand[], otherNames: readonly string[]): string {
  const tree = groups(table);
  const words = [...tree].map(([word, members]): readonly [string, string] => [
    word,
    isGroup(members) ? members.map(({ summary }) => summary).join('; ') : (members[0]?.summary ?? ''),
  ]);
  return `#compdef plinkctl
# Made from the command table by 'npm run man'.

_plinkctl() {
  local curcontext=$curcontext state line ret=1
  typeset -A opt_args
  _arguments -C \\
    '(- *)'{-h,--help}'[show help]' \\
    '(- *)--version[show the version]' \\
    '1: :->command' \\
    '*:: :->rest' && ret=0
  case $state in
    command)
      local -a commands=(
${[...words, ...otherWords].map(([word, what]) => `        '${word}:${quoted(what)}'`).join('\n')}
      )
      _describe -t commands command commands && ret=0
      ;;
    rest)
      curcontext="\${curcontext%:*}-$words[1]:"
      case $words[1] in
${[...tree].map(([word, members]) => wordCase(word, members)).join('')}        as) _values program ${otherNames.join(' ')} && ret=0 ;;
        completion) _values shell ${shells.join(' ')} && ret=0 ;;
        help) _values command ${helped(table).join(' ')} && ret=0 ;;
      esac
      ;;
  esac
  return ret
}

_plinkctl_unions() {
  local -a mounted
  # findmnt writes names in \\xHH.
  mounted=(\${(g::)\${(f)"$(findmnt -rno TARGET -t overlay,aufs 2>/dev/null)"}})
  _alternative 'mounted:mounted union:compadd -a mounted' 'directories:directory:_files -/'
}

# Loaded from fpath it is called, sourced it is told to the completion system.
if [[ $funcstack[1] == _plinkctl ]]; then
  _plinkctl "$@"
else
  compdef _plinkctl plinkctl
fi
`;
}

function wordCase(word: string, members: readonly CompletedCommand[]): string {
  const [only] = members;
  if (only === undefined) return '';
  if (!isGroup(members)) return `        ${word})\n${argumentsCall(only, '          ')}          ;;\n`;
  const inner = members.map(
    (member) =>
      `              ${member.name.slice(word.length + 1)})\n${argumentsCall(member, '                ')}                ;;\n`,
  );
  const seconds = members
    .map(({ name, summary }) => `'${name.slice(word.length + 1)}:${quoted(summary)}'`)
    .join(' ');
  return `        ${word})
          if ((CURRENT == 2)); then
            local -a seconds=(${seconds})
            _describe -t commands command seconds && ret=0
          else
            shift words
            ((CURRENT--))
            case $words[1] in
${inner.join('')}            esac
          fi
          ;;
`;
}

function argumentsCall({ options, takesUnion }: CompletedCommand, indent: string): string {
  const specs = options.flatMap(([name, option]) => optionSpecs(name, option));
  const all = takesUnion ? [...specs, "'*: :_plinkctl_unions'"] : specs;
  return `${indent}_arguments \\\n${all.map((spec) => `${indent}  ${spec}`).join(' \\\n')} && ret=0\n`;
}

function optionSpecs(name: string, option: Option): string[] {
  const { type, alias, describe } = option;
  const text = `[${quoted(describe)}]${action(option)}`;
  const once = alias === undefined ? '' : `(-${alias} --${name})`;
  const before = type === 'list' ? '*' : once;
  const long = type === 'flag' ? '' : type === 'optional' ? '=-' : '=';
  const specs = [`'${before}--${name}${long}${text}'`];
  if (alias !== undefined) specs.push(`'${before}-${alias}${type === 'flag' ? '' : '+'}${text}'`);
  if (type === 'flag' && name !== 'help') specs.push(`'--no-${name}[not --${name}]'`);
  return specs;
}

function action(option: Option): string {
  if (option.type === 'flag') return '';
  const offered = offeredFor(option);
  const colon = option.type === 'optional' ? '::' : ':';
  const name = option.value ?? 'value';
  if (offered === 'directories') return `${colon}${name}:_files -/`;
  if (offered === 'files') return `${colon}${name}:_files`;
  return offered === 'nothing' ? `${colon}${name}: ` : `${colon}${name}:(${offered.join(' ')})`;
}

// Brackets and colons end a description; the specifications stand in single quotes.
function quoted(text: string): string {
  return text.replace(/[[\]:\\]/g, '\\$&').replaceAll("'", "'\\''");
}

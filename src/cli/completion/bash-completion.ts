import {
  type CompletedCommand,
  groups,
  helped,
  isGroup,
  type Offered,
  offeredFor,
  otherWords,
  shells,
} from './completion-table.js';

/** A completion for bash that needs nothing but bash. */
export function bashCompletion(table: readonly CompletedCommand[], otherNames: readonly string[]): string {
  const first = [...groups(table).keys(), ...otherWords.map(([word]) => word), '--help', '--version'];
  return `# bash completion for plinkctl(8)
# Made from the command table by 'npm run man'.

_plinkctl() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
  local command=\${COMP_WORDS[1]} second= options= union=
  COMPREPLY=()
  # '--name=value' comes as three words.
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W '${first.join(' ')}' -- "$cur"))
    return
  fi
  case $command in
${groupCases(table)}    as)
      ((COMP_CWORD > 2)) || COMPREPLY=($(compgen -W '${otherNames.join(' ')}' -- "$cur"))
      return
      ;;
    completion)
      ((COMP_CWORD > 2)) || COMPREPLY=($(compgen -W '${shells.join(' ')}' -- "$cur"))
      return
      ;;
    help)
      COMPREPLY=($(compgen -W '${helped(table).join(' ')}' -- "$cur"))
      return
      ;;
  esac
  if [[ -n $second ]]; then
    if ((COMP_CWORD == 2)); then
      COMPREPLY=($(compgen -W "$second" -- "$cur"))
      return
    fi
    command+=" \${COMP_WORDS[2]}"
  fi
  case $command in
${table.map(commandCase).join('')}  esac
  case $prev in
${valueCases(table)}  esac
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$cur"))
  elif [[ -n $union ]]; then
    compopt -o filenames 2>/dev/null
    _plinkctl_unions "$cur"
  fi
}

# compgen -W would expand what stands in the name of a mount point, commands too. findmnt writes it in \\xHH.
_plinkctl_unions() {
  local target targets word
  # Without -r it takes the backslashes away that were typed before blanks.
  IFS= read word <<<"$1"
  word=\${word#[\\"\\']}
  mapfile -t targets < <(findmnt -rno TARGET -t overlay,aufs 2>/dev/null)
  for target in "\${targets[@]}"; do
    printf -v target %b "$target"
    if [[ $target == "$word"* ]]; then
      COMPREPLY+=("$target")
    fi
  done
  mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$1")
}
complete -F _plinkctl plinkctl
`;
}

function groupCases(table: readonly CompletedCommand[]): string {
  return [...groups(table)]
    .filter(([, members]) => isGroup(members))
    .map(([word, members]) => {
      const seconds = members.map(({ name }) => name.slice(word.length + 1)).join(' ');
      return `    ${word}) second='${seconds}' ;;\n`;
    })
    .join('');
}

function commandCase({ name, options, takesUnion }: CompletedCommand): string {
  const words = options.flatMap(([option, { alias, type }]) => [
    ...(alias === undefined ? [] : [`-${alias}`]),
    `--${option}`,
    ...(type === 'flag' && option !== 'help' ? [`--no-${option}`] : []),
  ]);
  return `    '${name}')
      options='${words.join(' ')}'${takesUnion ? '\n      union=yes' : ''}
      ;;
`;
}

function valueCases(table: readonly CompletedCommand[]): string {
  const known = new Map<string, Offered>();
  for (const { options } of table) {
    for (const [name, option] of options) {
      if (option.type === 'flag') continue;
      const pattern = option.alias === undefined ? `--${name}` : `-${option.alias} | --${name}`;
      const before = known.get(pattern);
      const offered = offeredFor(option);
      const both = typeof before === 'object' && typeof offered === 'object';
      known.set(pattern, both ? [...new Set([...before, ...offered])] : offered);
    }
  }
  return [...known].map(([pattern, offered]) => valueCase(pattern, offered)).join('');
}

function valueCase(pattern: string, offered: Offered): string {
  const lines =
    offered === 'nothing'
      ? []
      : typeof offered === 'object'
        ? [`COMPREPLY=($(compgen -W '${offered.join(' ')}' -- "$cur"))`]
        : [
            'compopt -o filenames 2>/dev/null',
            `mapfile -t COMPREPLY < <(compgen -${offered === 'files' ? 'f' : 'd'} -- "$cur")`,
          ];
  return `    ${pattern})\n${[...lines, 'return'].map((line) => `      ${line}\n`).join('')}      ;;\n`;
}

# bash completion for plinkctl(8)
# Made from the command table by 'npm run man'.

_plinkctl() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
  local command=${COMP_WORDS[1]} second= options= union=
  COMPREPLY=()
  # '--name=value' comes as three words.
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W 'list check restore flush prune repair record maint discover demo as completion help --help --version' -- "$cur"))
    return
  fi
  case $command in
    maint) second='run status' ;;
    as)
      ((COMP_CWORD > 2)) || COMPREPLY=($(compgen -W 'auplink mount.aufs umount.aufs umount.overlay fsck.overlay' -- "$cur"))
      return
      ;;
    completion)
      ((COMP_CWORD > 2)) || COMPREPLY=($(compgen -W 'bash zsh fish' -- "$cur"))
      return
      ;;
    help)
      COMPREPLY=($(compgen -W 'list check restore flush prune repair record maint discover demo as completion' -- "$cur"))
      return
      ;;
  esac
  if [[ -n $second ]]; then
    if ((COMP_CWORD == 2)); then
      COMPREPLY=($(compgen -W "$second" -- "$cur"))
      return
    fi
    command+=" ${COMP_WORDS[2]}"
  fi
  case $command in
    'list')
      options='-o --options --upper --lower --work --format --fstab --all --no-all --tree --no-tree --sort --state --at-risk --no-at-risk --count --no-count --threads --lower-cache --no-lower-cache --device --no-device --state-dir --json --no-json -q --quiet --no-quiet -v --verbose --no-verbose --color --no-color --progress --no-progress --log-format --metrics --timeout --config -h --help'
      union=yes
      ;;
    'check')
      options='-o --options --upper --lower --work --format --fstab --all --no-all --html --threads --lower-cache --no-lower-cache --device --no-device --state-dir --json --no-json -q --quiet --no-quiet -v --verbose --no-verbose --color --no-color --progress --no-progress --log-format --metrics --timeout --config -h --help'
      union=yes
      ;;
    'restore')
      options='-o --options --upper --lower --work --format --fstab -n --dry-run --no-dry-run --wait --threads --lower-cache --no-lower-cache --device --no-device --state-dir --json --no-json -q --quiet --no-quiet -v --verbose --no-verbose --color --no-color --progress --no-progress --log-format --metrics --timeout --config -h --help'
      union=yes
      ;;
    'flush')
      options='-o --options --upper --lower --work --format --fstab --all --no-all -n --dry-run --no-dry-run --wait --threads --lower-cache --no-lower-cache --device --no-device --state-dir --json --no-json -q --quiet --no-quiet -v --verbose --no-verbose --color --no-color --progress --no-progress --log-format --metrics --timeout --config -h --help'
      union=yes
      ;;
    'prune')
      options='-o --options --upper --lower --work --format --fstab --all --no-all --min-age --rescue --without-rescue --no-without-rescue -n --dry-run --no-dry-run --wait --threads --lower-cache --no-lower-cache --device --no-device --state-dir --json --no-json -q --quiet --no-quiet -v --verbose --no-verbose --color --no-color --progress --no-progress --log-format --metrics --timeout --config -h --help'
      union=yes
      ;;
    'repair')
      options='-o --options --upper --lower --work --format --fstab -y --yes --no-yes --rescue --rejoin --no-rejoin --unbreak --map --image -n --dry-run --no-dry-run --wait --threads --lower-cache --no-lower-cache --device --no-device --state-dir --json --no-json -q --quiet --no-quiet -v --verbose --no-verbose --color --no-color --progress --no-progress --log-format --metrics --timeout --config -h --help'
      union=yes
      ;;
    'record')
      options='-o --options --upper --lower --work --format --fstab --all --no-all -n --dry-run --no-dry-run --anew --no-anew --threads --lower-cache --no-lower-cache --device --no-device --state-dir --json --no-json -q --quiet --no-quiet -v --verbose --no-verbose --color --no-color --progress --no-progress --log-format --metrics --timeout --config -h --help'
      union=yes
      ;;
    'maint run')
      options='-o --options --upper --lower --work --format --fstab --wait --json --no-json -q --quiet --no-quiet -v --verbose --no-verbose --color --no-color --progress --no-progress --log-format --metrics --timeout --config -h --help'
      union=yes
      ;;
    'maint status')
      options='-o --options --upper --lower --work --format --fstab --json --no-json -q --quiet --no-quiet -v --verbose --no-verbose --color --no-color --progress --no-progress --log-format --metrics --timeout --config -h --help'
      union=yes
      ;;
    'discover')
      options='--json --no-json -q --quiet --no-quiet -v --verbose --no-verbose --color --no-color --progress --no-progress --log-format --metrics --timeout --config -h --help'
      ;;
    'demo')
      options='--json --no-json -q --quiet --no-quiet -v --verbose --no-verbose --color --no-color --progress --no-progress --log-format --metrics --timeout --config -h --help'
      ;;
  esac
  case $prev in
    -o | --options)
      return
      ;;
    --upper)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      return
      ;;
    --lower)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      return
      ;;
    --work)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      return
      ;;
    --format)
      COMPREPLY=($(compgen -W 'aufs overlay' -- "$cur"))
      return
      ;;
    --fstab)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    --sort)
      COMPREPLY=($(compgen -W 'name state size mtime names' -- "$cur"))
      return
      ;;
    --state)
      return
      ;;
    --threads)
      COMPREPLY=($(compgen -W '1 2' -- "$cur"))
      return
      ;;
    --state-dir)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      return
      ;;
    --log-format)
      COMPREPLY=($(compgen -W 'text systemd json' -- "$cur"))
      return
      ;;
    --metrics)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    --timeout)
      return
      ;;
    --config)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    --html)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    --wait)
      return
      ;;
    --min-age)
      return
      ;;
    --rescue)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      return
      ;;
    --unbreak)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    --map)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    --image)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
  esac
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$cur"))
  elif [[ -n $union ]]; then
    compopt -o filenames 2>/dev/null
    _plinkctl_unions "$cur"
  fi
}

# compgen -W would expand what stands in the name of a mount point, commands too. findmnt writes it in \xHH.
_plinkctl_unions() {
  local target targets word
  # Without -r it takes the backslashes away that were typed before blanks.
  IFS= read word <<<"$1"
  word=${word#[\"\']}
  mapfile -t targets < <(findmnt -rno TARGET -t overlay,aufs 2>/dev/null)
  for target in "${targets[@]}"; do
    printf -v target %b "$target"
    if [[ $target == "$word"* ]]; then
      COMPREPLY+=("$target")
    fi
  done
  mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$1")
}
complete -F _plinkctl plinkctl

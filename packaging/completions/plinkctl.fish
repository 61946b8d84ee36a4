# fish completion for plinkctl(8)
# Made from the command table by 'npm run man'.

function __plinkctl_unions
    # findmnt writes names in \xHH.
    findmnt -rno TARGET -t overlay,aufs 2>/dev/null | while read -l target
        printf '%b\n' $target
    end
    __fish_complete_directories
end

complete -c plinkctl -f
complete -c plinkctl -n __fish_use_subcommand -s h -l help -d "show help"
complete -c plinkctl -n __fish_use_subcommand -l version -d "show the version"
complete -c plinkctl -n __fish_use_subcommand -a as -d 'run as another program'
complete -c plinkctl -n __fish_use_subcommand -a completion -d 'print a completion script'
complete -c plinkctl -n __fish_use_subcommand -a help -d 'show the help of a command'
complete -c plinkctl -n '__fish_seen_subcommand_from as' -a 'auplink mount.aufs umount.aufs umount.overlay fsck.overlay'
complete -c plinkctl -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'
complete -c plinkctl -n '__fish_seen_subcommand_from help' -a 'list check restore flush prune repair record maint discover demo as completion'

complete -c plinkctl -n __fish_use_subcommand -a list -d 'show every index entry: its state, its names, the names missing'
complete -c plinkctl -n '__fish_seen_subcommand_from list' -a '(__plinkctl_unions)'
complete -c plinkctl -n '__fish_seen_subcommand_from list' -s o -l options -x -d 'the union in the words of mount(8): lowerdir=…,upperdir=…,workdir=… or br:U=rw:L=ro'
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l upper -x -a '(__fish_complete_directories)' -d 'its upper (writable) branch'
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l lower -x -a '(__fish_complete_directories)' -d 'a lower branch; repeat it, top first'
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l work -x -a '(__fish_complete_directories)' -d 'its work directory (overlay only)'
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l format -x -a 'aufs overlay' -d 'the format, where it cannot be seen'
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l fstab -d 'take the branches of MOUNTPOINT from an fstab; it need not be mounted'
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l all -d 'every union of the kernel, of fstab and of the configuration file'
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l no-all
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l tree -d 'show the names as a directory tree'
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l no-tree
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l sort -x -a 'name state size mtime names' -d 'the order of entries: by first name, by state, largest, newest or with most names first'
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l state -x -d 'only entries in one of these states'
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l at-risk -d 'only entries whose data the next mount or another tool would destroy'
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l no-at-risk
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l count -d 'print the number of entries alone'
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l no-count
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l threads -x -a '1 2' -d 'threads for a long walk: 1 or 2 [default: 2]'
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l lower-cache -d 'remember in the state directory where read-only lowers have hardlinks, for the next run'
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l no-lower-cache
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l device -d 'read directories of an ext4 from its device, where names are far apart; --no-device walks them [default: where root may]'
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l no-device
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l state-dir -x -a '(__fish_complete_directories)' -d 'where records of names are [default: /var/lib/plinkctl, or $XDG_STATE_HOME/plinkctl]'
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l json -d 'print one JSON document on stdout'
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l no-json
complete -c plinkctl -n '__fish_seen_subcommand_from list' -s q -l quiet -d 'say only what needs attention'
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l no-quiet
complete -c plinkctl -n '__fish_seen_subcommand_from list' -s v -l verbose -d 'say more: every entry, every name'
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l no-verbose
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l color -d 'colours; --no-color and NO_COLOR turn them off [default: on a terminal]'
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l no-color
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l progress -d 'progress on stderr [default: on a terminal]'
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l no-progress
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l log-format -x -a 'text systemd json' -d 'how messages on stderr are written; systemd: with journal priorities [default: text, or systemd into the journal]'
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l metrics -r -F -d 'write the result as Prometheus text, for a textfile collector'
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l timeout -x -d 'stop at an entry boundary after this time'
complete -c plinkctl -n '__fish_seen_subcommand_from list' -l config -r -F -d 'configuration file [default: /etc/plinkctl.conf]'
complete -c plinkctl -n '__fish_seen_subcommand_from list' -s h -l help -d 'show help'

complete -c plinkctl -n __fish_use_subcommand -a check -d 'look the index and the upper branch over: every finding, with what would mend it'
complete -c plinkctl -n '__fish_seen_subcommand_from check' -a '(__plinkctl_unions)'
complete -c plinkctl -n '__fish_seen_subcommand_from check' -s o -l options -x -d 'the union in the words of mount(8): lowerdir=…,upperdir=…,workdir=… or br:U=rw:L=ro'
complete -c plinkctl -n '__fish_seen_subcommand_from check' -l upper -x -a '(__fish_complete_directories)' -d 'its upper (writable) branch'
complete -c plinkctl -n '__fish_seen_subcommand_from check' -l lower -x -a '(__fish_complete_directories)' -d 'a lower branch; repeat it, top first'
complete -c plinkctl -n '__fish_seen_subcommand_from check' -l work -x -a '(__fish_complete_directories)' -d 'its work directory (overlay only)'
complete -c plinkctl -n '__fish_seen_subcommand_from check' -l format -x -a 'aufs overlay' -d 'the format, where it cannot be seen'
complete -c plinkctl -n '__fish_seen_subcommand_from check' -l fstab -d 'take the branches of MOUNTPOINT from an fstab; it need not be mounted'
complete -c plinkctl -n '__fish_seen_subcommand_from check' -l all -d 'every union of the kernel, of fstab and of the configuration file'
complete -c plinkctl -n '__fish_seen_subcommand_from check' -l no-all
complete -c plinkctl -n '__fish_seen_subcommand_from check' -l html -r -F -d 'write the result as an HTML page too, readable by its owner alone'
complete -c plinkctl -n '__fish_seen_subcommand_from check' -l threads -x -a '1 2' -d 'threads for a long walk: 1 or 2 [default: 2]'
complete -c plinkctl -n '__fish_seen_subcommand_from check' -l lower-cache -d 'remember in the state directory where read-only lowers have hardlinks, for the next run'
complete -c plinkctl -n '__fish_seen_subcommand_from check' -l no-lower-cache
complete -c plinkctl -n '__fish_seen_subcommand_from check' -l device -d 'read directories of an ext4 from its device, where names are far apart; --no-device walks them [default: where root may]'
complete -c plinkctl -n '__fish_seen_subcommand_from check' -l no-device
complete -c plinkctl -n '__fish_seen_subcommand_from check' -l state-dir -x -a '(__fish_complete_directories)' -d 'where records of names are [default: /var/lib/plinkctl, or $XDG_STATE_HOME/plinkctl]'
complete -c plinkctl -n '__fish_seen_subcommand_from check' -l json -d 'print one JSON document on stdout'
complete -c plinkctl -n '__fish_seen_subcommand_from check' -l no-json
complete -c plinkctl -n '__fish_seen_subcommand_from check' -s q -l quiet -d 'say only what needs attention'
complete -c plinkctl -n '__fish_seen_subcommand_from check' -l no-quiet
complete -c plinkctl -n '__fish_seen_subcommand_from check' -s v -l verbose -d 'say more: every entry, every name'
complete -c plinkctl -n '__fish_seen_subcommand_from check' -l no-verbose
complete -c plinkctl -n '__fish_seen_subcommand_from check' -l color -d 'colours; --no-color and NO_COLOR turn them off [default: on a terminal]'
complete -c plinkctl -n '__fish_seen_subcommand_from check' -l no-color
complete -c plinkctl -n '__fish_seen_subcommand_from check' -l progress -d 'progress on stderr [default: on a terminal]'
complete -c plinkctl -n '__fish_seen_subcommand_from check' -l no-progress
complete -c plinkctl -n '__fish_seen_subcommand_from check' -l log-format -x -a 'text systemd json' -d 'how messages on stderr are written; systemd: with journal priorities [default: text, or systemd into the journal]'
complete -c plinkctl -n '__fish_seen_subcommand_from check' -l metrics -r -F -d 'write the result as Prometheus text, for a textfile collector'
complete -c plinkctl -n '__fish_seen_subcommand_from check' -l timeout -x -d 'stop at an entry boundary after this time'
complete -c plinkctl -n '__fish_seen_subcommand_from check' -l config -r -F -d 'configuration file [default: /etc/plinkctl.conf]'
complete -c plinkctl -n '__fish_seen_subcommand_from check' -s h -l help -d 'show help'

complete -c plinkctl -n __fish_use_subcommand -a restore -d 'recreate every missing hardlink on the upper branch; the index stays'
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -a '(__plinkctl_unions)'
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -s o -l options -x -d 'the union in the words of mount(8): lowerdir=…,upperdir=…,workdir=… or br:U=rw:L=ro'
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -l upper -x -a '(__fish_complete_directories)' -d 'its upper (writable) branch'
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -l lower -x -a '(__fish_complete_directories)' -d 'a lower branch; repeat it, top first'
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -l work -x -a '(__fish_complete_directories)' -d 'its work directory (overlay only)'
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -l format -x -a 'aufs overlay' -d 'the format, where it cannot be seen'
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -l fstab -d 'take the branches of MOUNTPOINT from an fstab; it need not be mounted'
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -s n -l dry-run -d 'print the plan, change nothing'
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -l no-dry-run
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -l wait -d 'wait for another maintenance to end, at most that long [default: do not wait]'
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -l threads -x -a '1 2' -d 'threads for a long walk: 1 or 2 [default: 2]'
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -l lower-cache -d 'remember in the state directory where read-only lowers have hardlinks, for the next run'
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -l no-lower-cache
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -l device -d 'read directories of an ext4 from its device, where names are far apart; --no-device walks them [default: where root may]'
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -l no-device
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -l state-dir -x -a '(__fish_complete_directories)' -d 'where records of names are [default: /var/lib/plinkctl, or $XDG_STATE_HOME/plinkctl]'
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -l json -d 'print one JSON document on stdout'
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -l no-json
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -s q -l quiet -d 'say only what needs attention'
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -l no-quiet
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -s v -l verbose -d 'say more: every entry, every name'
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -l no-verbose
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -l color -d 'colours; --no-color and NO_COLOR turn them off [default: on a terminal]'
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -l no-color
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -l progress -d 'progress on stderr [default: on a terminal]'
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -l no-progress
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -l log-format -x -a 'text systemd json' -d 'how messages on stderr are written; systemd: with journal priorities [default: text, or systemd into the journal]'
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -l metrics -r -F -d 'write the result as Prometheus text, for a textfile collector'
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -l timeout -x -d 'stop at an entry boundary after this time'
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -l config -r -F -d 'configuration file [default: /etc/plinkctl.conf]'
complete -c plinkctl -n '__fish_seen_subcommand_from restore' -s h -l help -d 'show help'

complete -c plinkctl -n __fish_use_subcommand -a flush -d 'restore every missing hardlink, then remove each index entry that is proved whole'
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -a '(__plinkctl_unions)'
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -s o -l options -x -d 'the union in the words of mount(8): lowerdir=…,upperdir=…,workdir=… or br:U=rw:L=ro'
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -l upper -x -a '(__fish_complete_directories)' -d 'its upper (writable) branch'
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -l lower -x -a '(__fish_complete_directories)' -d 'a lower branch; repeat it, top first'
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -l work -x -a '(__fish_complete_directories)' -d 'its work directory (overlay only)'
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -l format -x -a 'aufs overlay' -d 'the format, where it cannot be seen'
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -l fstab -d 'take the branches of MOUNTPOINT from an fstab; it need not be mounted'
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -l all -d 'every union of the kernel, of fstab and of the configuration file'
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -l no-all
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -s n -l dry-run -d 'print the plan, change nothing'
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -l no-dry-run
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -l wait -d 'wait for another maintenance to end, at most that long [default: do not wait]'
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -l threads -x -a '1 2' -d 'threads for a long walk: 1 or 2 [default: 2]'
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -l lower-cache -d 'remember in the state directory where read-only lowers have hardlinks, for the next run'
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -l no-lower-cache
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -l device -d 'read directories of an ext4 from its device, where names are far apart; --no-device walks them [default: where root may]'
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -l no-device
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -l state-dir -x -a '(__fish_complete_directories)' -d 'where records of names are [default: /var/lib/plinkctl, or $XDG_STATE_HOME/plinkctl]'
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -l json -d 'print one JSON document on stdout'
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -l no-json
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -s q -l quiet -d 'say only what needs attention'
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -l no-quiet
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -s v -l verbose -d 'say more: every entry, every name'
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -l no-verbose
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -l color -d 'colours; --no-color and NO_COLOR turn them off [default: on a terminal]'
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -l no-color
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -l progress -d 'progress on stderr [default: on a terminal]'
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -l no-progress
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -l log-format -x -a 'text systemd json' -d 'how messages on stderr are written; systemd: with journal priorities [default: text, or systemd into the journal]'
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -l metrics -r -F -d 'write the result as Prometheus text, for a textfile collector'
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -l timeout -x -d 'stop at an entry boundary after this time'
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -l config -r -F -d 'configuration file [default: /etc/plinkctl.conf]'
complete -c plinkctl -n '__fish_seen_subcommand_from flush' -s h -l help -d 'show help'

complete -c plinkctl -n __fish_use_subcommand -a prune -d 'remove index entries that are proved orphaned'
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -a '(__plinkctl_unions)'
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -s o -l options -x -d 'the union in the words of mount(8): lowerdir=…,upperdir=…,workdir=… or br:U=rw:L=ro'
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l upper -x -a '(__fish_complete_directories)' -d 'its upper (writable) branch'
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l lower -x -a '(__fish_complete_directories)' -d 'a lower branch; repeat it, top first'
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l work -x -a '(__fish_complete_directories)' -d 'its work directory (overlay only)'
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l format -x -a 'aufs overlay' -d 'the format, where it cannot be seen'
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l fstab -d 'take the branches of MOUNTPOINT from an fstab; it need not be mounted'
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l all -d 'every union of the kernel, of fstab and of the configuration file'
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l no-all
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l min-age -x -d 'only entries left alone for that long [default: 0; 1d where the lower file is gone]'
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l rescue -x -a '(__fish_complete_directories)' -d 'keep the data of everything that goes in DIR'
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l without-rescue -d 'remove also what may be the last copy of its data, and keep none'
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l no-without-rescue
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -s n -l dry-run -d 'print the plan, change nothing'
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l no-dry-run
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l wait -d 'wait for another maintenance to end, at most that long [default: do not wait]'
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l threads -x -a '1 2' -d 'threads for a long walk: 1 or 2 [default: 2]'
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l lower-cache -d 'remember in the state directory where read-only lowers have hardlinks, for the next run'
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l no-lower-cache
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l device -d 'read directories of an ext4 from its device, where names are far apart; --no-device walks them [default: where root may]'
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l no-device
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l state-dir -x -a '(__fish_complete_directories)' -d 'where records of names are [default: /var/lib/plinkctl, or $XDG_STATE_HOME/plinkctl]'
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l json -d 'print one JSON document on stdout'
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l no-json
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -s q -l quiet -d 'say only what needs attention'
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l no-quiet
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -s v -l verbose -d 'say more: every entry, every name'
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l no-verbose
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l color -d 'colours; --no-color and NO_COLOR turn them off [default: on a terminal]'
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l no-color
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l progress -d 'progress on stderr [default: on a terminal]'
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l no-progress
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l log-format -x -a 'text systemd json' -d 'how messages on stderr are written; systemd: with journal priorities [default: text, or systemd into the journal]'
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l metrics -r -F -d 'write the result as Prometheus text, for a textfile collector'
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l timeout -x -d 'stop at an entry boundary after this time'
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -l config -r -F -d 'configuration file [default: /etc/plinkctl.conf]'
complete -c plinkctl -n '__fish_seen_subcommand_from prune' -s h -l help -d 'show help'

complete -c plinkctl -n __fish_use_subcommand -a repair -d 'mend what check finds'
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -a '(__plinkctl_unions)'
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -s o -l options -x -d 'the union in the words of mount(8): lowerdir=…,upperdir=…,workdir=… or br:U=rw:L=ro'
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l upper -x -a '(__fish_complete_directories)' -d 'its upper (writable) branch'
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l lower -x -a '(__fish_complete_directories)' -d 'a lower branch; repeat it, top first'
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l work -x -a '(__fish_complete_directories)' -d 'its work directory (overlay only)'
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l format -x -a 'aufs overlay' -d 'the format, where it cannot be seen'
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l fstab -d 'take the branches of MOUNTPOINT from an fstab; it need not be mounted'
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -s y -l yes -d 'do what is safe, and what the options below decide, without a question'
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l no-yes
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l rescue -x -a '(__fish_complete_directories)' -d 'move what cannot be placed to DIR instead of leaving it'
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l rejoin -d 'link files that lost their index entry, and twins with the same content, to their groups again'
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l no-rejoin
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l unbreak -r -F -d 'give the group that index=off broke this file\'s content; repeat it for each group'
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l map -r -F -d 'which names entries stand for, a line each: ENTRY NAME… (or a JSON object of lists)'
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l image -r -F -d 'aufs on ext4: a copy of the upper made after the crash and before any mount, which still tells all names'
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -s n -l dry-run -d 'print the plan, change nothing'
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l no-dry-run
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l wait -d 'wait for another maintenance to end, at most that long [default: do not wait]'
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l threads -x -a '1 2' -d 'threads for a long walk: 1 or 2 [default: 2]'
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l lower-cache -d 'remember in the state directory where read-only lowers have hardlinks, for the next run'
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l no-lower-cache
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l device -d 'read directories of an ext4 from its device, where names are far apart; --no-device walks them [default: where root may]'
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l no-device
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l state-dir -x -a '(__fish_complete_directories)' -d 'where records of names are [default: /var/lib/plinkctl, or $XDG_STATE_HOME/plinkctl]'
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l json -d 'print one JSON document on stdout'
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l no-json
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -s q -l quiet -d 'say only what needs attention'
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l no-quiet
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -s v -l verbose -d 'say more: every entry, every name'
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l no-verbose
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l color -d 'colours; --no-color and NO_COLOR turn them off [default: on a terminal]'
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l no-color
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l progress -d 'progress on stderr [default: on a terminal]'
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l no-progress
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l log-format -x -a 'text systemd json' -d 'how messages on stderr are written; systemd: with journal priorities [default: text, or systemd into the journal]'
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l metrics -r -F -d 'write the result as Prometheus text, for a textfile collector'
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l timeout -x -d 'stop at an entry boundary after this time'
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -l config -r -F -d 'configuration file [default: /etc/plinkctl.conf]'
complete -c plinkctl -n '__fish_seen_subcommand_from repair' -s h -l help -d 'show help'

complete -c plinkctl -n __fish_use_subcommand -a record -d 'write down which names each index entry stands for, while that is known'
complete -c plinkctl -n '__fish_seen_subcommand_from record' -a '(__plinkctl_unions)'
complete -c plinkctl -n '__fish_seen_subcommand_from record' -s o -l options -x -d 'the union in the words of mount(8): lowerdir=…,upperdir=…,workdir=… or br:U=rw:L=ro'
complete -c plinkctl -n '__fish_seen_subcommand_from record' -l upper -x -a '(__fish_complete_directories)' -d 'its upper (writable) branch'
complete -c plinkctl -n '__fish_seen_subcommand_from record' -l lower -x -a '(__fish_complete_directories)' -d 'a lower branch; repeat it, top first'
complete -c plinkctl -n '__fish_seen_subcommand_from record' -l work -x -a '(__fish_complete_directories)' -d 'its work directory (overlay only)'
complete -c plinkctl -n '__fish_seen_subcommand_from record' -l format -x -a 'aufs overlay' -d 'the format, where it cannot be seen'
complete -c plinkctl -n '__fish_seen_subcommand_from record' -l fstab -d 'take the branches of MOUNTPOINT from an fstab; it need not be mounted'
complete -c plinkctl -n '__fish_seen_subcommand_from record' -l all -d 'every union of the kernel, of fstab and of the configuration file'
complete -c plinkctl -n '__fish_seen_subcommand_from record' -l no-all
complete -c plinkctl -n '__fish_seen_subcommand_from record' -s n -l dry-run -d 'tell what would be written, write nothing'
complete -c plinkctl -n '__fish_seen_subcommand_from record' -l no-dry-run
complete -c plinkctl -n '__fish_seen_subcommand_from record' -l anew -d 'forget what was recorded before'
complete -c plinkctl -n '__fish_seen_subcommand_from record' -l no-anew
complete -c plinkctl -n '__fish_seen_subcommand_from record' -l threads -x -a '1 2' -d 'threads for a long walk: 1 or 2 [default: 2]'
complete -c plinkctl -n '__fish_seen_subcommand_from record' -l lower-cache -d 'remember in the state directory where read-only lowers have hardlinks, for the next run'
complete -c plinkctl -n '__fish_seen_subcommand_from record' -l no-lower-cache
complete -c plinkctl -n '__fish_seen_subcommand_from record' -l device -d 'read directories of an ext4 from its device, where names are far apart; --no-device walks them [default: where root may]'
complete -c plinkctl -n '__fish_seen_subcommand_from record' -l no-device
complete -c plinkctl -n '__fish_seen_subcommand_from record' -l state-dir -x -a '(__fish_complete_directories)' -d 'where records of names are [default: /var/lib/plinkctl, or $XDG_STATE_HOME/plinkctl]'
complete -c plinkctl -n '__fish_seen_subcommand_from record' -l json -d 'print one JSON document on stdout'
complete -c plinkctl -n '__fish_seen_subcommand_from record' -l no-json
complete -c plinkctl -n '__fish_seen_subcommand_from record' -s q -l quiet -d 'say only what needs attention'
complete -c plinkctl -n '__fish_seen_subcommand_from record' -l no-quiet
complete -c plinkctl -n '__fish_seen_subcommand_from record' -s v -l verbose -d 'say more: every entry, every name'
complete -c plinkctl -n '__fish_seen_subcommand_from record' -l no-verbose
complete -c plinkctl -n '__fish_seen_subcommand_from record' -l color -d 'colours; --no-color and NO_COLOR turn them off [default: on a terminal]'
complete -c plinkctl -n '__fish_seen_subcommand_from record' -l no-color
complete -c plinkctl -n '__fish_seen_subcommand_from record' -l progress -d 'progress on stderr [default: on a terminal]'
complete -c plinkctl -n '__fish_seen_subcommand_from record' -l no-progress
complete -c plinkctl -n '__fish_seen_subcommand_from record' -l log-format -x -a 'text systemd json' -d 'how messages on stderr are written; systemd: with journal priorities [default: text, or systemd into the journal]'
complete -c plinkctl -n '__fish_seen_subcommand_from record' -l metrics -r -F -d 'write the result as Prometheus text, for a textfile collector'
complete -c plinkctl -n '__fish_seen_subcommand_from record' -l timeout -x -d 'stop at an entry boundary after this time'
complete -c plinkctl -n '__fish_seen_subcommand_from record' -l config -r -F -d 'configuration file [default: /etc/plinkctl.conf]'
complete -c plinkctl -n '__fish_seen_subcommand_from record' -s h -l help -d 'show help'

complete -c plinkctl -n __fish_use_subcommand -a maint -d 'hold the maintenance mode of a union while a command runs; say who holds the maintenance mode of a union'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and not __fish_seen_subcommand_from run status' -a run -d 'hold the maintenance mode of a union while a command runs'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from run' -a '(__plinkctl_unions)'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from run' -s o -l options -x -d 'the union in the words of mount(8): lowerdir=…,upperdir=…,workdir=… or br:U=rw:L=ro'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from run' -l upper -x -a '(__fish_complete_directories)' -d 'its upper (writable) branch'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from run' -l lower -x -a '(__fish_complete_directories)' -d 'a lower branch; repeat it, top first'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from run' -l work -x -a '(__fish_complete_directories)' -d 'its work directory (overlay only)'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from run' -l format -x -a 'aufs overlay' -d 'the format, where it cannot be seen'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from run' -l fstab -d 'take the branches of MOUNTPOINT from an fstab; it need not be mounted'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from run' -l wait -d 'wait for another maintenance to end, at most that long [default: do not wait]'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from run' -l json -d 'print one JSON document on stdout'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from run' -l no-json
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from run' -s q -l quiet -d 'say only what needs attention'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from run' -l no-quiet
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from run' -s v -l verbose -d 'say more: every entry, every name'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from run' -l no-verbose
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from run' -l color -d 'colours; --no-color and NO_COLOR turn them off [default: on a terminal]'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from run' -l no-color
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from run' -l progress -d 'progress on stderr [default: on a terminal]'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from run' -l no-progress
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from run' -l log-format -x -a 'text systemd json' -d 'how messages on stderr are written; systemd: with journal priorities [default: text, or systemd into the journal]'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from run' -l metrics -r -F -d 'write the result as Prometheus text, for a textfile collector'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from run' -l timeout -x -d 'stop at an entry boundary after this time'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from run' -l config -r -F -d 'configuration file [default: /etc/plinkctl.conf]'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from run' -s h -l help -d 'show help'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and not __fish_seen_subcommand_from run status' -a status -d 'say who holds the maintenance mode of a union'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from status' -a '(__plinkctl_unions)'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from status' -s o -l options -x -d 'the union in the words of mount(8): lowerdir=…,upperdir=…,workdir=… or br:U=rw:L=ro'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from status' -l upper -x -a '(__fish_complete_directories)' -d 'its upper (writable) branch'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from status' -l lower -x -a '(__fish_complete_directories)' -d 'a lower branch; repeat it, top first'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from status' -l work -x -a '(__fish_complete_directories)' -d 'its work directory (overlay only)'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from status' -l format -x -a 'aufs overlay' -d 'the format, where it cannot be seen'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from status' -l fstab -d 'take the branches of MOUNTPOINT from an fstab; it need not be mounted'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from status' -l json -d 'print one JSON document on stdout'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from status' -l no-json
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from status' -s q -l quiet -d 'say only what needs attention'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from status' -l no-quiet
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from status' -s v -l verbose -d 'say more: every entry, every name'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from status' -l no-verbose
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from status' -l color -d 'colours; --no-color and NO_COLOR turn them off [default: on a terminal]'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from status' -l no-color
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from status' -l progress -d 'progress on stderr [default: on a terminal]'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from status' -l no-progress
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from status' -l log-format -x -a 'text systemd json' -d 'how messages on stderr are written; systemd: with journal priorities [default: text, or systemd into the journal]'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from status' -l metrics -r -F -d 'write the result as Prometheus text, for a textfile collector'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from status' -l timeout -x -d 'stop at an entry boundary after this time'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from status' -l config -r -F -d 'configuration file [default: /etc/plinkctl.conf]'
complete -c plinkctl -n '__fish_seen_subcommand_from maint; and __fish_seen_subcommand_from status' -s h -l help -d 'show help'

complete -c plinkctl -n __fish_use_subcommand -a discover -d 'list the unions of this machine, their branches, and how many entries their index has'
complete -c plinkctl -n '__fish_seen_subcommand_from discover' -l json -d 'print one JSON document on stdout'
complete -c plinkctl -n '__fish_seen_subcommand_from discover' -l no-json
complete -c plinkctl -n '__fish_seen_subcommand_from discover' -s q -l quiet -d 'say only what needs attention'
complete -c plinkctl -n '__fish_seen_subcommand_from discover' -l no-quiet
complete -c plinkctl -n '__fish_seen_subcommand_from discover' -s v -l verbose -d 'say more: every entry, every name'
complete -c plinkctl -n '__fish_seen_subcommand_from discover' -l no-verbose
complete -c plinkctl -n '__fish_seen_subcommand_from discover' -l color -d 'colours; --no-color and NO_COLOR turn them off [default: on a terminal]'
complete -c plinkctl -n '__fish_seen_subcommand_from discover' -l no-color
complete -c plinkctl -n '__fish_seen_subcommand_from discover' -l progress -d 'progress on stderr [default: on a terminal]'
complete -c plinkctl -n '__fish_seen_subcommand_from discover' -l no-progress
complete -c plinkctl -n '__fish_seen_subcommand_from discover' -l log-format -x -a 'text systemd json' -d 'how messages on stderr are written; systemd: with journal priorities [default: text, or systemd into the journal]'
complete -c plinkctl -n '__fish_seen_subcommand_from discover' -l metrics -r -F -d 'write the result as Prometheus text, for a textfile collector'
complete -c plinkctl -n '__fish_seen_subcommand_from discover' -l timeout -x -d 'stop at an entry boundary after this time'
complete -c plinkctl -n '__fish_seen_subcommand_from discover' -l config -r -F -d 'configuration file [default: /etc/plinkctl.conf]'
complete -c plinkctl -n '__fish_seen_subcommand_from discover' -s h -l help -d 'show help'

complete -c plinkctl -n __fish_use_subcommand -a demo -d 'build a small union, show it broken, flush it, show it whole'
complete -c plinkctl -n '__fish_seen_subcommand_from demo' -l json -d 'print one JSON document on stdout'
complete -c plinkctl -n '__fish_seen_subcommand_from demo' -l no-json
complete -c plinkctl -n '__fish_seen_subcommand_from demo' -s q -l quiet -d 'say only what needs attention'
complete -c plinkctl -n '__fish_seen_subcommand_from demo' -l no-quiet
complete -c plinkctl -n '__fish_seen_subcommand_from demo' -s v -l verbose -d 'say more: every entry, every name'
complete -c plinkctl -n '__fish_seen_subcommand_from demo' -l no-verbose
complete -c plinkctl -n '__fish_seen_subcommand_from demo' -l color -d 'colours; --no-color and NO_COLOR turn them off [default: on a terminal]'
complete -c plinkctl -n '__fish_seen_subcommand_from demo' -l no-color
complete -c plinkctl -n '__fish_seen_subcommand_from demo' -l progress -d 'progress on stderr [default: on a terminal]'
complete -c plinkctl -n '__fish_seen_subcommand_from demo' -l no-progress
complete -c plinkctl -n '__fish_seen_subcommand_from demo' -l log-format -x -a 'text systemd json' -d 'how messages on stderr are written; systemd: with journal priorities [default: text, or systemd into the journal]'
complete -c plinkctl -n '__fish_seen_subcommand_from demo' -l metrics -r -F -d 'write the result as Prometheus text, for a textfile collector'
complete -c plinkctl -n '__fish_seen_subcommand_from demo' -l timeout -x -d 'stop at an entry boundary after this time'
complete -c plinkctl -n '__fish_seen_subcommand_from demo' -l config -r -F -d 'configuration file [default: /etc/plinkctl.conf]'
complete -c plinkctl -n '__fish_seen_subcommand_from demo' -s h -l help -d 'show help'

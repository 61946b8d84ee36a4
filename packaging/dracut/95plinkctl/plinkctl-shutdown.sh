#!/bin/sh
# Run by dracut's shutdown after the old root is gone from its place; once more with "final" when time is up.
# /etc/plinkctl.conf in the initramfs names the branches, by the paths that they have here.
_plinkctl_flush() {
    [ -s "${PLINKCTL_CONF:-/etc/plinkctl.conf}" ] || return 0
    plinkctl flush --all --config "${PLINKCTL_CONF:-/etc/plinkctl.conf}" --quiet --timeout 120
    case $? in
        # 4: entries were kept, which no second try changes.
        0 | 4) return 0 ;;
        # Busy, or a branch could not be read: dracut tries again after the next unmounts.
        *) [ "$1" = final ] && return 0 || return 1 ;;
    esac
}
_plinkctl_flush "$1"

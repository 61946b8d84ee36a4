#!/bin/bash
# dracut module: flushes the root union's branches at shutdown, when nothing has it mounted any more.
# The initramfs grows by node, some 100 MB; where that is too much, use plinkctl-flush-root.service.

check() {
    require_binaries node plinkctl || return 1
    # Only when asked for: add_dracutmodules+=" plinkctl "
    return 255
}

depends() {
    echo base shutdown
}

installkernel() {
    hostonly='' instmods overlay
}

install() {
    local home
    home=$(readlink -f "$(command -v plinkctl)") && home=${home%/bin/*}
    inst_multiple node env mount umount
    inst_multiple $(find "$home" -type f ! -name '*.map')
    inst_symlink "$(command -v plinkctl)"
    [ ! -e /etc/plinkctl.conf ] || inst_simple /etc/plinkctl.conf
    inst_hook shutdown 50 "$moddir/plinkctl-shutdown.sh"
}

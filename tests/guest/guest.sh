#!/bin/bash
# A simulated Windows guest on Xen, for running unmodified Windows programs on Debian. README.md
# says what is simulated and what is not.
#
#   guest.sh new DIR WINDOWS [--xen | --viridian | --no-xen] [--testsigning] [--vendor-device]
#                [--nics=MAC]    two network interfaces with this MAC address; needs namespaces
#   guest.sh exec DIR [OPTIONS] -- PROGRAM ARGUMENTS...
#   guest.sh as-user DIR [OPTIONS] -- PROGRAM ARGUMENTS...    the same as exec --user
#   guest.sh boot DIR | shutdown DIR | reboot DIR             reboot prints what Plug and Play did
#   guest.sh pnp DIR                                          the same without restarting
#   guest.sh snapshot DIR FILE                                registry and files as sorted text
#   guest.sh probe DIR [--arch i686|x86_64] [OPTIONS]         what a program sees there
#   guest.sh path DIR FILE                                    the Windows name of a Linux file
#   guest.sh copy DIR COPY                                    one more, of a guest that is then off
#   guest.sh power-off DIR                                    what was not on the disk is lost
#   guest.sh delete DIR
#   guest.sh windows [NAME]                   the known Windows versions; fails if NAME is none
#   guest.sh cpuid-probe                              fails with a reason if CPUID cannot fault
#
# Options of exec:
#   --status FILE    writes "exit N" (decimal, all 32 bits), "timeout", "killed" or "cannot start: N" to FILE
#   --seconds N      time limit, 120 if not given
#   --kill-after MS  the program's process, and nothing else, is ended after MS milliseconds
#   --cpuid MODE     xen, viridian, none, or host (no simulation); the guest's own if not given
#   --user           without administrator rights
#   --readonly PATH  PATH (C:\... or below DIR) cannot be written meanwhile; needs namespaces
#   --input          with the caller's standard input; else there is nothing to read
#   --cwd PATH       Windows folder to start in, C:\ if not given
#
# The status of guest.sh exec is the program's if that is at most 119, else 120 and, without
# --status, a line on standard error; 121 CPUID cannot be simulated, 123 killed, 124 time limit, 125 guest.sh.
# exec starts the guest if it is off. It goes off by itself, cleanly, after GUEST_IDLE seconds
# (600) without a command, or when DIR is deleted.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=${GUEST_BUILD:-$(cd "$here/../.." && pwd)/build/guest}

say() { printf 'guest: %s\n' "$*" >&2; }
die() { say "$*"; exit 125; }

. "$here/nap.sh"
. "$here/session.sh"
. "$here/prefix.sh"
. "$here/snapshot.sh"

# Sets dir, and the settings that `new` wrote down.
open_guest() {
    [ $# -ge 1 ] || die "no guest is named"
    [ -f "$1/.guest/conf" ] || die "'$1' is not a guest; make it with: guest.sh new $1 WINDOWS"
    dir=$(cd "$1" && pwd)
    . "$dir/.guest/conf"
}

usage() { sed -n '2,/^set -/p' "$here/guest.sh" | sed -n 's/^# \{0,1\}//p'; }

main() {
    local command=${1:-help}
    shift || true
    case $command in
        new) guest_new "$@" ;;
        exec) guest_exec "$@" ;;
        as-user) [ $# -ge 1 ] || die "no guest is named"; guest_exec "$1" --user "${@:2}" ;;
        probe | facts-probe) guest_probe "$@" ;;
        boot) open_guest "$@"; session_boot ;;
        shutdown) open_guest "$@"; session_shutdown ;;
        reboot) open_guest "$@"; session_shutdown; session_boot; cat "$dir/.guest/boot.log" ;;
        pnp) open_guest "$@"; session_boot; session_pnp ;;
        snapshot) open_guest "$@"; guest_snapshot "${2:?FILE is missing}" ;;
        copy) open_guest "$@"; guest_copy "$@" ;;
        path) open_guest "$@"; windows_path "${2:?FILE is missing}" ;;
        power-off) open_guest "$@"; session_kill ;;
        delete) open_guest "$@"; session_kill; remove_socket "$dir"; rm -rf "$dir" ;;
        windows) if [ $# -gt 0 ]; then find_windows "$1"; else known_windows; fi ;;
        cpuid-probe) cpuid_probe ;;
        __init) open_guest "$@"; session_init ;;
        help | --help | -h) usage ;;
        *) die "no command '$command'; see guest.sh help" ;;
    esac
}

main "$@"

# shellcheck shell=bash
# The running guest: start, stop, and programs in it. Sourced by guest.sh.
#
# A session is a process and mount namespace of its own, held by its first process (session_init).
# So no process of Wine's can outlive it, and the SMBIOS files that Wine reads can be replaced.
# Where namespaces are not allowed the session runs without them, and says so once.

# How to make namespaces here, and how to get into those of a process: sets make_space, join_space.
space_commands() {
    make_space=()
    join_space=()
    local user=() join_user=() net=()
    [ -z "${nics:-}" ] || net=(--net)
    if [ "$(id -u)" -ne 0 ]; then
        user=(--user --map-root-user)
        join_user=(--user --preserve-credentials)
    fi
    if unshare "${user[@]}" "${net[@]}" --mount --pid --fork --propagation unchanged true 2>/dev/null; then
        make_space=(unshare "${user[@]}" "${net[@]}" --mount --pid --fork --propagation unchanged
            --kill-child=KILL)
        join_space=(nsenter "${join_user[@]}" "${net[@]}" --mount --pid --root --wd=/ --target)
    fi
}

session_alive() {
    local pid
    read -r pid 2>/dev/null <"$dir/.guest/pid" && kill -0 "$pid" 2>/dev/null &&
        [ -e "/proc/$pid/ns/pid" ] && [ -e "$dir/.guest/ready" ]
}

# for_arch X86 X64: the one for this guest
for_arch() { if [ "$arch" = x64 ]; then echo "$2"; else echo "$1"; fi; }
wine_loader() { for_arch /usr/lib/wine/wine /usr/lib/wine/wine64; }
own_programs() { for_arch "$build/bin/i686" "$build/bin/x86_64"; }

# Linux puts a program's heap up to a gigabyte behind it: with Wine's loader at 0x7d400000 it lies, once in some
# thousand starts, where the data that Windows shares with all processes must be (0x7ffe0000). Wine ends such a process
# before it has begun, with exit status 1, and CreateProcess says 1359. So addresses are not randomised where that can be
# had.
# shellcheck source=tests/fixed-addresses.sh
. "$here/../fixed-addresses.sh"

# The environment of every program of the guest, with the CPUID mode $1: sets environment.
session_environment() {
    environment=(
        "${fixed_addresses[@]}" env -i PATH=/usr/bin:/bin HOME=/nonexistent USER="$(id -un)" LANG=C.UTF-8
        WINEPREFIX="$dir" WINEDEBUG="${GUEST_WINEDEBUG:--all}"
        WINEDLLOVERRIDES='mscoree,mshtml=;winemenubuilder.exe='
    )
    [ "$1" = host ] || environment+=(
        XENPV_CPUID="$1" LD_PRELOAD="$build/preload/\$LIB/xenpv-cpuid.so")
}

# Runs a program in the session's namespaces.
in_session() {
    local pid=
    [ ${#join_space[@]} -eq 0 ] || read -r pid <"$dir/.guest/pid"
    "${join_space[@]}" $pid "$@"
}

cpuid_probe() {
    case $build in *[[:space:]:]*) die "LD_PRELOAD cannot name '$build' (a space or colon)" ;; esac
    "$here/build.sh" "$build" || die "cannot build the guest's programs"
    XENPV_CPUID=xen LD_PRELOAD="$build/preload/\$LIB/xenpv-cpuid.so" /bin/true || exit 121
}

# Also used before a start, with the lock held: a session whose starter was killed half way never
# became ready, and still holds the wineserver.
kill_session() {
    local command
    for command in $(grep -lzxF -- "$dir" /proc/[0-9]*/cmdline 2>/dev/null); do
        grep -qzxF -- __init "$command" 2>/dev/null || continue
        command=${command#/proc/}
        kill -KILL "${command%/cmdline}" 2>/dev/null || true
        while kill -0 "${command%/cmdline}" 2>/dev/null; do nap 0.02; done
    done
}

# Starts the guest unless it runs.
session_boot() {
    exec {lock}>"$dir/.guest/lock"
    flock "$lock"
    space_commands
    if session_alive; then
        exec {lock}>&-
        return
    fi
    kill_session
    rm -f "$dir/.guest/ready" "$dir/.guest/pid" "$dir/.guest/failed"
    setsid "${make_space[@]}" "$here/guest.sh" __init "$dir" \
        </dev/null >"$dir/.guest/session.log" 2>&1 {lock}>&- &
    local holder=$! tick
    for ((tick = 0; tick < 20000; tick++)); do
        [ ! -e "$dir/.guest/ready" ] || break
        [ ! -e "$dir/.guest/failed" ] && kill -0 "$holder" 2>/dev/null || break
        nap 0.02
    done
    [ -e "$dir/.guest/ready" ] || {
        kill -KILL "$holder" 2>/dev/null || true
        die "'$dir' does not start: $(tail -n 1 "$dir/.guest/session.log")"
    }
    exec {lock}>&-
}

# Asked to end, the server gives its programs half a second before it kills them: where none but ours can be met, they
# are killed first.
# shellcheck disable=SC2016
shut_down='
    for process in /proc/[0-9]*; do
        for loader in /usr/lib/wine/{wine,wine64}{,-preloader}; do
            [ "$0" = shared ] || [ ! "$process/exe" -ef "$loader" ] || kill -KILL "${process#/proc/}"
        done
    done
    wineserver -k
    wineserver -w'

# Ends the session as Windows' shutdown does: the registry is saved.
session_shutdown() {
    space_commands
    session_alive || return 0
    local pid tick kind=shared
    [ ${#join_space[@]} -eq 0 ] || kind=own
    read -r pid <"$dir/.guest/pid"
    session_environment host
    # The session's end kills this too, which is no news.
    (in_session "${environment[@]}" bash -c "$shut_down" "$kind") >/dev/null 2>&1 || true
    for ((tick = 0; tick < 5000; tick++)); do
        kill -0 "$pid" 2>/dev/null || break
        nap 0.02
    done
    ! kill -0 "$pid" 2>/dev/null || die "'$dir' does not shut down"
    rm -f "$dir/.guest/ready" "$dir/.guest/pid"
}

# Wine keeps its socket in a folder of /tmp, whose name is in the prefix.
remove_socket() {
    local name=
    read -r name 2>/dev/null <"$1/wineserver" || true
    case $name in wine-??????) rm -rf "/tmp/$name" ;; esac
    rm -f "$1/wineserver"
}

# Ends the session as a power failure does.
session_kill() {
    space_commands
    session_environment host
    # Without namespaces there is nothing that takes Wine's own processes with it.
    [ ${#make_space[@]} -gt 0 ] || "${environment[@]}" wineserver -k || true
    rm -f "$dir/.guest/ready"
    kill_session
    rm -f "$dir/.guest/pid"
}

# ---- what runs inside ----

# Runs as the first process of the session, until the wineserver ends.
session_init() {
    local pid
    space_commands_inside
    make_nics || { : >"$dir/.guest/failed"; exit 1; }
    session_environment "$cpuid"
    # Starts when Plug and Play has come to rest: see pnp.c.
    sed -i '/^\[System\\\\CurrentControlSet\\\\Services\\\\xenpv-resume\]/,/^$/s/^"Start"=dword:00000002$/"Start"=dword:00000003/' "$dir/system.reg"
    # Returns when the server is there: a first program without one would start another.
    "${environment[@]}" wineserver -p
    if ! session_pnp >"$dir/.guest/boot.log"; then
        : >"$dir/.guest/failed"
        "${environment[@]}" wineserver -k
        exit 1
    fi
    : >"$dir/.guest/ready"
    # The end of a namespace's first process takes all others with it.
    trap 'exit 0' TERM
    idle_watch &
    "${environment[@]}" wineserver -w &
    wait $!
}

space_commands_inside() {
    join_space=()
    # /proc is still that of outside, and so is the number that it shows.
    read -r pid _ </proc/self/stat
    echo "$pid" >"$dir/.guest/pid"
    [ "$$" -eq 1 ] || return 0
    # In a chroot / is no mount point; then each one that is there is made private.
    mount --make-rprivate / 2>/dev/null ||
        while read -r _ point _; do
            mount --make-private "$point" 2>/dev/null || true
        done </proc/mounts
    limit_processes
    mount -t proc proc /proc
    [ ! -d "$dir/.guest/dmi" ] || show_smbios
}

# Two network interfaces with the MAC address that --nics named, which Wine's NDIS shows to programs: the emulated
# adapter and the PV one that takes its place. They are the second and third of the session, always.
make_nics() {
    local name
    [ -n "${nics:-}" ] || return 0
    [ "$$" -eq 1 ] || { echo 'guest: --nics needs namespaces'; return 1; }
    for name in emulated0 pv0; do
        PATH=$PATH:/usr/sbin:/sbin ip link add "$name" address "$nics" type bridge || return 1
    done
    # After the file is there the emulated one is unplugged, as Xen does it; the other keeps its number.
    [ ! -e "$dir/.guest/unplugged" ] || PATH=$PATH:/usr/sbin:/sbin ip link delete emulated0
    # And after this one the PV one is, as nobody reports it whose bus driver does not run.
    [ ! -e "$dir/.guest/no-pv" ] || PATH=$PATH:/usr/sbin:/sbin ip link delete pv0
}

# A Wine that starts explorer.exe without end must not take the machine with it.
limit_processes() {
    local group=/sys/fs/cgroup/pids/xenpv-guest
    [ -d /sys/fs/cgroup/pids ] || return 0
    mkdir -p "$group.$pid" 2>/dev/null || return 0
    rmdir "$group".* 2>/dev/null || true
    mkdir -p "$group.$pid"
    echo 400 >"$group.$pid/pids.max" && echo 1 >"$group.$pid/cgroup.procs" || true
}

# Wine builds the SMBIOS table from /sys/class/dmi/id. Where the kernel has none there is no place
# to mount it on, so /sys/class itself is replaced by links to what was there.
show_smbios() {
    local class name
    if [ ! -d /sys/class/dmi/id ]; then
        mkdir -p "$dir/.guest/sys"
        mount --rbind /sys "$dir/.guest/sys" && mount -t tmpfs none /sys/class || return 0
        mkdir -p /sys/class/dmi/id
        for class in "$dir"/.guest/sys/class/*; do
            name=${class##*/}
            [ "$name" = dmi ] || ln -s "$class" "/sys/class/$name"
        done
    fi
    mount --bind "$dir/.guest/dmi" /sys/class/dmi/id || true
}

session_pnp() {
    session_environment "$cpuid"
    in_session "${environment[@]}" timeout 300 "$(wine_loader)" "$(own_programs)/pnp.exe" $devices \
        </dev/null 2>>"$dir/.guest/session.log" | tr -d '\r'
}

idle_watch() {
    local limit=${GUEST_IDLE:-600}
    while sleep 2; do
        [ -e "$dir/.guest/conf" ] &&
            [ $(($(date +%s) - $(stat -c %Y "$dir/.guest/lock"))) -lt "$limit" ] ||
            "${environment[@]}" wineserver -k || kill -TERM $$ # wineserver does not find it in a folder that is gone
    done
}

# ---- programs ----

# The Windows name of a Linux path, C: if it is on the guest's disk, else Z:.
windows_path() {
    local path
    case $1 in
        [A-Za-z]:*) printf '%s\n' "$1"; return ;;
    esac
    path=$(realpath -m "$1")
    case $path in
        "$dir/drive_c" | "$dir/drive_c/"*) path="C:${path#"$dir/drive_c"}" ;;
        *) path="Z:$path" ;;
    esac
    [ "${#path}" -gt 2 ] || path+=/
    printf '%s\n' "${path//\//\\}"
}

linux_path() {
    local path=${1//\\//}
    case $path in
        [Cc]:*) path="$dir/drive_c/${path#?:}" ;;
        [Zz]:*) path="${path#?:}" ;;
    esac
    realpath -m "$path"
}

guest_exec() {
    local status_file= seconds=120 mode= user=() kill_after=() readonly_path= cwd='C:\' program input
    exec {input}</dev/null
    open_guest "$@"
    shift
    mode=$cpuid
    while [ $# -gt 0 ]; do
        case $1 in
            --status) status_file=$2; shift ;;
            --seconds) seconds=$2; shift ;;
            --cpuid) mode=$2; shift ;;
            --readonly) readonly_path=$(linux_path "$2"); shift ;;
            --cwd) cwd=$2; shift ;;
            --user) user=(--user) ;;
            --kill-after) kill_after=(--kill-after "$2"); shift ;;
            --input) input=0 ;;
            --) shift; break ;;
            *) die "exec has no option '$1'" ;;
        esac
        shift
    done
    [ $# -gt 0 ] || die "no program is named"
    program=$1
    shift
    case $program in */*) program=$(windows_path "$program") ;; esac
    session_boot
    touch "$dir/.guest/lock"
    run_program "$program" "$@"
}

# Where addresses are randomised, Wine's own start fails once in a long while: of the launcher, then the file is empty, or
# of the program, then it says 1359 (ERROR_INTERNAL_ERROR). Nothing has run then, so that it is tried again. The session's
# log says so.
run_program() {
    local result outcome code attempt
    result=$(mktemp "$dir/.guest/run.XXXXXX")
    session_environment "$mode"
    set_readonly
    for attempt in 1 2 3; do
        code=0
        in_session "${environment[@]}" timeout -k 5 $((seconds + 20)) \
            "$(wine_loader)" "$(own_programs)/launch.exe" "${user[@]}" --seconds "$seconds" \
            "${kill_after[@]}" --cwd "$cwd" "$(windows_path "$result")" "$@" <&"$input" || code=$?
        read -r outcome <"$result" || outcome=
        case $outcome/$code in
            'cannot start: 1359'/*) ;;
            /121 | /124 | ?*/*) break ;;
        esac
        say "try $attempt: nothing has started: ${outcome:-exit status $code}" 2>>"$dir/.guest/session.log"
    done
    clear_readonly
    rm -f "$result"
    touch "$dir/.guest/lock"
    case $outcome/$code in
        /124 | starting/124) outcome=timeout ;;
        /*) outcome="launcher failed: $code" ;;
        starting/*) outcome="launcher failed: $code, after its start" ;;
    esac
    [ -z "$status_file" ] || printf '%s\n' "$outcome" >"$status_file"
    report_outcome "$outcome" "$code"
}

report_outcome() {
    case $1 in
        "exit "*)
            [ "${1#exit }" -gt 119 ] || exit "${1#exit }"
            [ -n "$status_file" ] || say "$1"
            exit 120 ;;
        timeout) say "the program took longer than $seconds s"; exit 124 ;;
        killed) exit 123 ;;
    esac
    [ "$2" -ne 121 ] || exit 121
    die "the program was not run ($1)"
}

set_readonly() {
    [ -n "$readonly_path" ] || return 0
    [ ${#join_space[@]} -gt 0 ] || die "--readonly needs namespaces, which are not allowed here"
    [ -e "$readonly_path" ] || die "'$readonly_path' does not exist"
    trap clear_readonly EXIT
    in_session sh -c 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1"' - "$readonly_path"
}

clear_readonly() {
    [ -n "${readonly_path:-}" ] || return 0
    in_session umount "$readonly_path" || say "'$readonly_path' stays read-only"
    readonly_path=
}

guest_probe() {
    local name=$1 which=x86_64 options=()
    shift
    while [ $# -gt 0 ]; do
        if [ "$1" = --arch ]; then which=$2; shift; else options+=("$1"); fi
        shift
    done
    [ "$(. "$name/.guest/conf" && echo "$arch")" = x64 ] || which=i686
    guest_exec "$name" "${options[@]}" -- "$build/bin/$which/probe.exe" | tr -d '\r'
}

#!/bin/bash
# The tests on simulated guests: check.sh [SCENARIO...]
#
# Each scenario makes guests of its own and prints "ok NAME", "not ok NAME: WHY" or "skip NAME: WHY" for each thing it
# shows. GUEST_JOBS run at a time, one more than there are processors if it is not given, since a guest also waits; the
# output comes in the order of the list, whichever ends first. What every Windows and family goes through is the table of
# matrix.sh; here is what goes wrong, and what has to be looked at closely.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
guest=$here/guest.sh
# shellcheck source=tests/guest/common.sh
. "$here/common.sh"
scratch=$root/build/check-guest

# ---- what scenarios are made of ---------------------------------------------------------------------------------

ok() { echo "ok $1"; }
not_ok() { echo "not ok $1: $2"; }

# expect NAME WANTED HAVE
expect() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "expected '$2', got '$3'"; fi; }

# expect_says NAME FILE WORDS: the output in FILE has these words, on one line or folded at their spaces.
expect_says() { if grep -qF -- "$3" "$2" || tr -s ' \n' ' ' <"$2" | grep -qF -- "$3"; then ok "$1"; else not_ok "$1" "no '$3' in: $(tr '\n' '|' <"$2" | tail -c 300)"; fi; }

# new_guest NAME WINDOWS [OPTIONS]: a guest with the program on its disk; sets dir and program.
new_guest() {
    dir=$scratch/$1
    "$guest" delete "$dir" 2>/dev/null
    rm -rf "$dir"
    "$guest" new "$dir" "$2" "${@:3}" || return 1
    program=$(install_program "$dir")
    cp "$test_manifest" "$dir/drive_c/xenpv/test-manifest.json"
    # The first start of a Windows writes what later ones do not.
    "$guest" boot "$dir"
}

# xenpv ARGUMENTS...: output in $dir/.guest/out (standard output) and .../err; exit code in exit_code.
xenpv() { run_in "$dir" "$program" "$@" >"$dir/.guest/out" 2>"$dir/.guest/err"; }
# Of the continuation, scenario_continuation; the others run the program after the restart themselves.
install() { install_and_continue --no-continue "$@"; }
install_and_continue() {
    xenpv install --packages 'C:\xenpv\packages' --manifest 'C:\xenpv\test-manifest.json' --allow-unsigned-manifest \
        /norestart /quiet "$@"
}

snapshot() { "$guest" snapshot "$dir" "$dir/.guest/$1"; }

# expect_unchanged NAME: the registry and the files are as in the snapshot "before".
expect_unchanged() {
    snapshot after
    if diff "$dir/.guest/before" "$dir/.guest/after" >"$dir/.guest/diff"; then
        ok "$1"
    else
        not_ok "$1" "$(head -n 6 "$dir/.guest/diff" | tr '\n' '|')"
    fi
}

done_with() { "$guest" delete "$dir" 2>/dev/null; rm -rf "$dir"; }

# Install, restart until it is content, and judge: NAME is in front of each line.
whole_job() { # NAME RELEASE DRIVERS...
    local name=$1 release=$2 restarts=0
    shift 2
    install
    expect "$name: the first run asks for a restart" 3010 "$exit_code"
    expect_says "$name: it chose $release" "$dir/.guest/out" "chosen    $release"
    while [ "$exit_code" = 3010 ] && [ $restarts -lt 4 ]; do
        restarts=$((restarts + 1))
        "$guest" reboot "$dir" >"$dir/.guest/reboot" 2>&1
        install
    done
    expect "$name: the run after the restart confirms" 0 "$exit_code"
    xenpv status --json
    expect "$name: status exits with 0" 0 "$exit_code"
    expect "$name: the journal says installed" installed "$(jq -r .journal.state "$dir/.guest/out")"
    expect "$name: every driver of a Xen device runs" "$*" "$(jq -r '
        [.facts.devices[] | select(.instance | test("VEN_5853&DEV_0001|^XEN")) | .service | ascii_downcase] as $bound
        | [.facts.services[] | select(.running and (.name | ascii_downcase | IN($bound[]))) | .name]
        | sort_by(ascii_downcase) | join(" ")' "$dir/.guest/out")"
    expect "$name: no error in the status" 0 "$(jq '[.status.findings[] | select(.severity == "error")] | length' "$dir/.guest/out")"
    install
    expect "$name: one more run finds nothing to do" 0 "$exit_code"
}

# ---- scenarios --------------------------------------------------------------------------------------------------

scenario_xenproject() {
    new_guest xenproject win10-x64 --xen --testsigning || return
    put_packages "$dir" "$fixtures/xenproject-9.1.0"
    whole_job 'Windows 10 x64, Xen Project 9.1.0' xenproject-9.1.0 xenbus xeniface xennet xenvbd xenvif
    done_with
}

# Seen through Viridian's leaves; the 32-bit program on a 64-bit Windows; and no administrator.
scenario_platform() {
    new_guest platform win10-x64 --viridian --testsigning || return
    put_packages "$dir" "$fixtures/xenproject-9.1.0"
    xenpv detect --json
    expect 'Viridian: Xen is found behind it' 'xen 1073742080 true' \
        "$(jq -r '"\(.platform.hypervisor) \(.platform.xen_leaf) \(.platform.viridian)"' "$dir/.guest/out")"
    cp "$dir/.guest/out" "$dir/.guest/facts.json"
    xenpv plan --manifest 'C:\xenpv\test-manifest.json'
    cp "$dir/.guest/out" "$dir/.guest/plan"
    cp "$test_manifest" "$dir/.guest/"'C:\xenpv\test-manifest.json' # the report names it
    (cd "$dir/.guest" && "$root/build/native/xenpv" plan --facts facts.json --manifest 'C:\xenpv\test-manifest.json') >"$dir/.guest/replay"
    expect 'the facts replay on Linux byte for byte' "$(sha256sum <"$dir/.guest/plan")" "$(sha256sum <"$dir/.guest/replay")"
    snapshot before
    run_in "$dir" "$program" install --packages 'C:\xenpv\packages' >"$dir/.guest/out" 2>"$dir/.guest/err"
    expect 'the embedded manifest knows no made package: exit 8' 8 "$exit_code"
    cp "$root/build/i686/xenpv.exe" "$dir/drive_c/xenpv/xenpv32.exe"
    snapshot before
    run_in "$dir" 'C:\xenpv\xenpv32.exe' install --packages 'C:\xenpv\packages' --manifest 'C:\xenpv\test-manifest.json' \
        --allow-unsigned-manifest >"$dir/.guest/out" 2>"$dir/.guest/err"
    expect 'the i686 program on 64-bit Windows exits with 1' 1 "$exit_code"
    expect_says 'the i686 program on 64-bit Windows names the other program' "$dir/.guest/err" 'x86_64'
    expect_unchanged 'the i686 program on 64-bit Windows changes nothing'
    xenpv install --packages 'C:\xenpv\packages' --manifest 'C:\xenpv\test-manifest.json' /norestart
    expect 'a manifest that nobody signed: exit 4' 4 "$exit_code"
    expect_says 'a manifest that nobody signed: says what allows it' "$dir/.guest/err" '--allow-unsigned-manifest'
    expect_unchanged 'with a manifest that nobody signed nothing is changed'

    run_as_user install --packages 'C:\xenpv\packages' --manifest 'C:\xenpv\test-manifest.json' --allow-unsigned-manifest
    expect 'without administrator rights: exit 7' 7 "$exit_code"
    expect_says 'without administrator rights: says what to do' "$dir/.guest/err" 'as an administrator'
    expect_unchanged 'without administrator rights nothing is changed'
    done_with
}

run_as_user() {
    local status=$dir/.guest/status
    "$guest" exec "$dir" --user --status "$status" -- "$program" "$@" >"$dir/.guest/out" 2>"$dir/.guest/err"
    read -r _ exit_code <"$status"
}

scenario_not_xen() {
    new_guest not_xen win7-x64 --no-xen || return
    put_packages "$dir" "$fixtures/gplpv"
    snapshot before
    install
    expect 'not on Xen: exit 3' 3 "$exit_code"
    expect_says 'not on Xen: says so' "$dir/.guest/out" 'not a Xen HVM guest'
    expect_unchanged 'not on Xen nothing is changed'
    xenpv
    expect 'not on Xen: status exits with 3' 3 "$exit_code"
    done_with
}

# refused NAME FILE-TO-FLIP WORDS: one byte of a file inside a tar is flipped.
flip_in_tar() { # TAR MEMBER
    local work member=$2
    work=$(mktemp -d "$dir/.guest/flip.XXXXXX")
    tar -C "$work" -xf "$1"
    printf '\x55' | dd of="$work/$member" bs=1 seek=200 conv=notrunc status=none
    tar -C "$work" -cf "$1" --sort=name .
    rm -rf "$work"
}

scenario_refusals() {
    local packages tar member
    new_guest refusals win10-x64 --xen --testsigning || return
    packages=$dir/drive_c/xenpv/packages
    put_packages "$dir" "$fixtures/xenproject-9.1.0"
    snapshot before
    for member in xenvbd.sys xenvbd.inf xenvbd.cat xendisk.sys; do
        cp "$fixtures/xenproject-9.1.0/xenvbd.tar" "$packages/xenvbd.tar"
        flip_in_tar "$packages/xenvbd.tar" "xenvbd/x64/$member"
        install
        expect "a flipped byte in $member: exit 4" 4 "$exit_code"
        expect_says "a flipped byte in $member: the container is named" "$dir/.guest/out" 'xenvbd.tar'
        expect_says "a flipped byte in $member: the file is named" "$dir/.guest/out" "$member"
    done
    cp "$fixtures/xenproject-9.1.0/xenvbd.tar" "$packages/xenvbd.tar"
    expect_unchanged 'a flipped byte changes nothing on the guest'

    truncate -s -9000 "$packages/xenif.tar" 2>/dev/null || true
    truncate -s 20000 "$packages/xenbus.tar"
    snapshot before
    install
    expect 'a truncated tar: exit 4' 4 "$exit_code"
    expect_says 'a truncated tar: it is named' "$dir/.guest/out" 'xenbus.tar'
    expect_unchanged 'a truncated tar changes nothing'

    rm "$packages/xenbus.tar"
    snapshot before
    install
    expect 'a missing package: exit 8' 8 "$exit_code"
    expect_says 'a missing package: it is named' "$dir/.guest/out" "xenbus.tar' was not found"
    expect_unchanged 'a missing package changes nothing'

    cp "$fixtures/xenproject-9.1.0/xenbus.tar" "$packages/xenbus.tar"
    sed -i '0,/"rank": 4/s//"rank": "four"/' "$dir/drive_c/xenpv/test-manifest.json"
    snapshot before
    install
    expect 'a manifest with a wrong field: exit 2' 2 "$exit_code"
    expect_says 'a manifest with a wrong field: the field is named' "$dir/.guest/err" 'releases[0].rank'
    expect_unchanged 'a manifest with a wrong field changes nothing'

    cp "$test_manifest" "$dir/drive_c/xenpv/test-manifest.json"
    mkdir -p "$dir/drive_c/ProgramData"
    snapshot before
    local status=$dir/.guest/status
    "$guest" exec "$dir" --readonly 'C:\ProgramData' --status "$status" -- "$program" install --packages 'C:\xenpv\packages' \
        --manifest 'C:\xenpv\test-manifest.json' --allow-unsigned-manifest >"$dir/.guest/out" 2>"$dir/.guest/err"
    read -r _ exit_code <"$status"
    expect 'an unwritable disk: exit 1' 1 "$exit_code"
    expect_says 'an unwritable disk: the folder is named' "$dir/.guest/err" 'ProgramData'
    expect_unchanged 'an unwritable disk: nothing is changed'
    done_with
}

scenario_installed() {
    new_guest installed win10-x64 --xen --testsigning || return
    put_packages "$dir" "$fixtures/xenproject-9.1.0"
    install
    "$guest" reboot "$dir" >/dev/null 2>&1
    install
    xenpv verify --installed --json
    expect 'verify --installed: five packages, all intact' '5 intact' \
        "$(jq -r '[.results[].packages[].integrity] | "\(length) \(unique | join(" "))"' "$dir/.guest/out")"
    printf '\x55' | dd of="$dir/drive_c/windows/system32/drivers/xennet.sys" bs=1 seek=700 conv=notrunc status=none
    xenpv verify --installed --json
    expect 'verify --installed: a flipped byte: exit 4' 4 "$exit_code"
    expect 'verify --installed: and the driver is named' altered \
        "$(jq -r '.results[].packages[].files[] | select(.name | endswith("xennet.sys")) | .integrity' "$dir/.guest/out")"
    done_with
}

# What is there decides: kept, also when nobody remembers who installed it; not replaced by an older release by itself.
scenario_decisions() {
    new_guest decisions win10-x64 --xen --testsigning || return
    put_packages "$dir" "$fixtures/xenproject-9.1.0"
    install
    "$guest" reboot "$dir" >/dev/null 2>&1
    install
    expect 'decisions: installed' 0 "$exit_code"
    rm -rf "${dir:?}/$state"
    snapshot before
    install --json
    expect 'decisions: without its journal it is kept: exit 0' 0 "$exit_code"
    expect 'decisions: and the word is keep' keep "$(jq -r .decision.word "$dir/.guest/out")"
    rm -f "$dir/drive_c/xenpv/packages"/*
    install
    expect 'decisions: kept without packages: exit 0' 0 "$exit_code"
    expect_says 'decisions: and it says so' "$dir/.guest/out" 'nothing to do'
    put_packages "$dir" "$fixtures/xenproject-8.2.2"
    install --source xenproject-8.2.2
    expect 'decisions: an older release: exit 8' 8 "$exit_code"
    expect_says 'decisions: an older release: what would allow it' "$dir/.guest/out" '--allow-downgrade'
    expect_says 'decisions: an older release: nothing was changed' "$dir/.guest/out" 'nothing was changed'
    install --source gplpv
    expect 'decisions: another family: exit 8' 8 "$exit_code"
    expect_says 'decisions: another family: remove the first' "$dir/.guest/out" 'remove them first (xenpv remove) or give --replace'
    rm -f "$dir/drive_c/xenpv/packages"/*
    put_packages "$dir" "$fixtures/xenproject-9.1.0"
    expect_unchanged 'decisions: none of them changes anything'
    done_with
}

# Wine's event log keeps nothing: it prints what it is given when asked to. So what is shown here is that the call is
# made with the right number and texts, that the source is registered when and only when xenpv has changed something, and
# that the messages can be read from the program by their identifiers.
events_of() { sed -nE 's/^.*(trace|warn|err):eventlog:ReportEventW (.*)$/\2/p' "$dir/.guest/err"; }
source_of() { grep -iA 4 -F 'EventLog\\Application\\xenpv]' "$dir/system.reg" | sed -nE 's/^"([A-Za-z]+)"=(.*)$/\1 \2/p' | tr '\n' ' '; }
scenario_eventlog() {
    local probe code number kind words line
    new_guest eventlog win10-x64 --xen --testsigning || return
    probe=$root/build/guest/bin/x86_64/probe.exe
    while read -r code words; do
        line=$(sed -nE "s/^\\| $code \\| ([0-9]+) \\| (error|warning|information) \\|.*/\\1 \\2/p" "$root/docs/exit-codes.md")
        read -r number kind <<<"$line"
        case $kind in error) kind=3 ;; warning) kind=2 ;; *) kind=1 ;; esac
        run_in "$dir" "$probe" message "$program" "$(((kind << 30) + ${number:-0}))" >"$dir/.guest/out" 2>/dev/null
        expect "eventlog: the message of exit code $code" "xenpv one: $words||two|" "$(tr -d '\r\n' <"$dir/.guest/out")"
    done < <("$root/build/native/xenpv" --help | sed -nE '/^exit codes:/,$ s/^ +([0-9]+)  (.*)$/\1 \2/p')

    export GUEST_WINEDEBUG=-all,trace+eventlog,warn+eventlog,err+eventlog
    install
    expect 'eventlog: without packages it ends with 8' 8 "$exit_code"
    events_of >"$dir/.guest/events"
    expect_says 'eventlog: and says so' "$dir/.guest/events" 'not found: xenbus.tar'
    "$guest" shutdown "$dir"
    expect 'eventlog: a refusal registers nothing' '' "$(source_of)"
    "$guest" boot "$dir"
    put_packages "$dir" "$fixtures/xenproject-9.1.0"
    install --dry-run
    expect 'eventlog: --dry-run writes nothing' '' "$(events_of)"
    install --no-eventlog
    expect 'eventlog: nor does --no-eventlog' '3010 ' "$exit_code $(events_of)"
    xenpv status
    expect 'eventlog: nor does status' '' "$(events_of)"
    xenpv status --eventlog
    events_of >"$dir/.guest/events"
    expect_says 'eventlog: status --eventlog does' "$dir/.guest/events" 'Status: needs-restart'
    "$guest" reboot "$dir" >/dev/null 2>&1
    install
    events_of >"$dir/.guest/events"
    expect_says 'eventlog: install does' "$dir/.guest/events" 'the drivers are installed and confirmed'
    "$guest" shutdown "$dir"
    expect 'eventlog: and then the source is registered' \
        'EventMessageFile str(2):"C:\\xenpv\\xenpv.exe" TypesSupported dword:00000007 ' "$(source_of)"
    unset GUEST_WINEDEBUG
    done_with
}

# Dom0 is told through the drivers' own interfaces: store.sys stands for them. The device interfaces are in the registry as
# Plug and Play writes them.
interface() { # NAME GUID: NAME is that of a device below ROOT
    local class="HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Control\\DeviceClasses\\$2\\##?#ROOT#$1#0000#$2"
    reg_import <<END
[HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Enum\\ROOT\\$1\\0000]
"ClassGUID"="{4D36E97D-E325-11CE-BFC1-08002BE10318}"

[$class]
"DeviceInstance"="ROOT\\$1\\0000"

[$class\\#]
"SymbolicLink"="\\\\?\\ROOT#$1#0000#$2"

[$class\\#\\Control]
"Linked"=dword:00000001
END
}
# What stands below data/xenpv: one key and value a line, but for the time and the program, which are other ones each day.
published() { # FILE
    "$guest" exec "$dir" -- 'C:\windows\system32\reg.exe' query 'HKLM\Software\xenstore' 2>/dev/null | tr -d '\r' |
        sed -nE 's/^ +(data[^ ]+) +REG_SZ +(.*)$/\1=\2/p' >"$1"
}
publish_through() { # NAME GUID WORDS
    local wanted
    interface "$1" "$2"
    run_in "$dir" "$dir/drive_c/windows/system32/reg.exe" delete 'HKLM\Software\xenstore' /f >/dev/null 2>&1
    xenpv status --publish --verbose
    expect_says "publish: $3: it says so" "$dir/.guest/err" 'publish: wrote the status to data/xenpv'
    expect "publish: $3: the exit code is that of the status" 6 "$exit_code"
    published "$dir/.guest/published"
    wanted='data/xenpv/drivers= data/xenpv/exit-code=6 data/xenpv/findings=no-pv-drivers data/xenpv/schema=1 data/xenpv/status=not-installed'
    expect "publish: $3: what dom0 sees" "$wanted" \
        "$(grep -vE '/(time|program|windows)=' "$dir/.guest/published" | sed 's/ *$//' | LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//')"
    expect "publish: $3: and when" 1 "$(grep -cE '^data/xenpv/time=20[0-9-]+T[0-9:]+Z$' "$dir/.guest/published")"
    "$guest" exec "$dir" -- 'C:\windows\system32\reg.exe' delete \
        "HKLM\\System\\CurrentControlSet\\Control\\DeviceClasses\\$2" /f >/dev/null 2>&1
}
publish_on() { # WINDOWS
    new_guest "publish_$1" "$1" --xen || return
    local arch=x86_64
    [ "${1##*-}" = x64 ] || arch=i686
    xenpv status --publish
    expect_says "publish: $1, no driver: a warning" "$dir/.guest/err" 'no driver here lets a program write to xenstore'
    expect "publish: $1, no driver: the exit code is that of the status" 6 "$exit_code"
    cp "$root/build/guest/bin/$arch/store.sys" "$dir/drive_c/windows/system32/drivers/store.sys"
    local sc='C:\windows\system32\sc.exe'
    "$guest" exec "$dir" -- "$sc" create store type= kernel binPath= 'C:\windows\system32\drivers\store.sys' >/dev/null 2>&1
    "$guest" exec "$dir" -- "$sc" start store >"$dir/.guest/store" 2>&1
    publish_through XENIFACE '{b2cfb085-aa5e-47e1-8bf7-9793f3154565}' "$1, xeniface"
    publish_through XENPCI '{14ce175a-3ee2-4fae-9252-00dbd84f018e}' "$1, GPLPV"
    done_with
}
scenario_publish() {
    publish_on win7-x64
    publish_on winxp-x86
}

# Undo is shown against what the guest was: but for the journal, which is kept for support.
scenario_rollback() {
    new_guest rollback win7-x64 --xen --testsigning || return
    put_packages "$dir" "$fixtures/gplpv"
    snapshot before
    install
    expect 'before a rollback: installed' 3010 "$exit_code"
    xenpv rollback
    expect 'rollback: exit 0' 0 "$exit_code"
    snapshot after
    diff "$dir/.guest/before" "$dir/.guest/after" | grep '^[<>]' | grep -vE "$rollback_leaves" >"$dir/.guest/diff"
    if [ -s "$dir/.guest/diff" ]; then
        not_ok 'rollback: registry and files are as before' "$(head -n 8 "$dir/.guest/diff" | tr '\n' '|')"
    else
        ok 'rollback: registry and files are as before'
    fi
    install
    expect 'after a rollback it installs again' 3010 "$exit_code"
    done_with
}
# What a rollback leaves, each with its reason:
#   EventLog\Application\xenpv: by it the event viewer reads what stands in the log
#   ProgramData\xenpv (folder, packages folder, journal.json): kept so that support can read what happened
#   CatRoot folder of Plug and Play, inf\*.PNF, setupapi logs: Windows makes these by itself
#   DeviceDesc and DriverDateData of the platform device, names of classes: texts that SetupAPI writes into a device
#   node and class key for display; no driver is bound by them
#   Control\Class\{class} itself, which every Windows has and a new Wine does not
rollback_leaves='Event[Ll]og\\+Application|ProgramData[\\/]xenpv|[Cc]at[Rr]oot|\.PNF|setupapi|DeviceDesc|DriverDateData|Control\\+Class\\+\{[0-9A-Fa-f-]+\}( |$|\\+@=)'

# Install, restart, confirm, remove, restart, confirm: the guest is as before the installation, but for what
# removal-leaves.txt lists. Emulated storage drivers are put there as Windows has them, asleep.
put_to_sleep() {
    local name reg
    for name in atapi storahci; do
        reg="HKLM\\System\\CurrentControlSet\\Services\\$name"
        add_value "$reg" ImagePath REG_EXPAND_SZ "System32\\drivers\\$name.sys"
        add_value "$reg" Type REG_DWORD 1
        add_value "$reg" ErrorControl REG_DWORD 1
        add_value "$reg" Start REG_DWORD "$([ "$name" = atapi ] && echo 3 || echo 0)"
        cp "$root/build/guest/name.sys" "$dir/drive_c/windows/system32/drivers/$name.sys" 2>/dev/null ||
            printf 'MZ' >"$dir/drive_c/windows/system32/drivers/$name.sys"
    done
    add_value "HKLM\\System\\CurrentControlSet\\Services\\storahci\\StartOverride" 0 REG_DWORD 3
}

# add_value KEY NAME TYPE DATA: in the native view of the registry.
add_value() {
    run_in "$dir" "$dir/drive_c/windows/system32/reg.exe" add "$1" /v "$2" /t "$3" /d "$4" /f >/dev/null 2>&1
}

# Restart and run `remove` until it does not ask for one more restart.
remove_to_the_end() {
    local restarts=0
    xenpv remove --manifest 'C:\xenpv\test-manifest.json' --allow-unsigned-manifest --no-continue /norestart /quiet "$@"
    while [ "$exit_code" = 3010 ] && [ $restarts -lt 4 ]; do
        restarts=$((restarts + 1))
        "$guest" reboot "$dir" >"$dir/.guest/reboot" 2>&1
        xenpv remove --manifest 'C:\xenpv\test-manifest.json' --allow-unsigned-manifest --no-continue /norestart /quiet "$@"
    done
}

# "Removed" means: no PV device, none of the services, no driver package of theirs, no filter that names one of them.
expect_nothing_left() { # NAME
    local pv='^(XEN|XENBUS|XENVIF|XENVBD|XENHID|XS)\\\\' names='^(xen|gplpv|ejbpv|shutdownmon)'
    xenpv detect --json
    expect "$1: no PV device is left, and no driver on Xen's own" '' "$(jq -r --arg pv "$pv" '
        [.devices[] | select((.instance | test($pv; "i")) or ((.instance | test("VEN_5853")) and (.service or .inf)))
         | .instance] | join(" ")' "$dir/.guest/out")"
    expect "$1: no service is left" '' \
        "$(jq -r --arg names "$names" '[.services[].name | select(test($names; "i"))] | join(" ")' "$dir/.guest/out")"
    expect "$1: no driver package is left" '' "$(jq -r '[.packages[].inf] | join(" ")' "$dir/.guest/out")"
    expect "$1: no orphan filter is left" '' \
        "$(jq -r --arg names "$names" '[.filters[].services[] | select(test($names; "i"))] | join(" ")' "$dir/.guest/out")"
}

expect_as_before() { # NAME
    snapshot after
    diff "$dir/.guest/before" "$dir/.guest/after" | grep '^[<>]' |
        grep -vEf <(sed -n 's/^pattern: //p' "$here/removal-leaves.txt") >"$dir/.guest/diff"
    if [ -s "$dir/.guest/diff" ]; then not_ok "$1" "$(head -n 12 "$dir/.guest/diff" | tr '\n' '|')"; else ok "$1"; fi
}

removal() { # NAME WINDOWS FOLDER [OPTIONS]
    new_guest "removal_$2" "$2" --xen "${@:4}" || return
    put_packages "$dir" "$fixtures/$3"
    put_to_sleep
    "$guest" reboot "$dir" >/dev/null 2>&1
    snapshot before
    install
    "$guest" reboot "$dir" >/dev/null 2>&1
    install
    expect "$1: installed and confirmed before it is removed" 0 "$exit_code"
    xenpv remove --manifest 'C:\xenpv\test-manifest.json' --allow-unsigned-manifest --dry-run
    expect "$1: --dry-run exits with 0" 0 "$exit_code"
    expect_says "$1: --dry-run prints the steps" "$dir/.guest/out" 'disable the driver'
    expect "$1: --dry-run changes nothing" installed "$(jq -r .state "$dir/$state/journal.json")"
    xenpv remove --manifest 'C:\xenpv\test-manifest.json' --allow-unsigned-manifest /norestart /quiet --no-continue
    expect "$1: the first run asks for a restart" 3010 "$exit_code"
    xenpv status --json
    expect "$1: status says that a restart is needed" "3010 " "$exit_code $(jq -r '[.status.findings[] | select(.severity == "error") | .code] | join(" ")' "$dir/.guest/out")"
    "$guest" reboot "$dir" >"$dir/.guest/reboot" 2>&1
    xenpv resume --manifest 'C:\xenpv\test-manifest.json' --allow-unsigned-manifest /norestart /quiet
    expect "$1: the run after the restart finishes" 0 "$exit_code"
    [ "$exit_code" = 0 ] || cp "$dir/$state/journal.json" "$scratch/$2.failed.json"
    expect "$1: the journal says removed" 'removal removed' "$(jq -r '"\(.job) \(.state)"' "$dir/$state/journal.json")"
    expect_nothing_left "$1"
    expect_as_before "$1: registry and files are as before the installation"
    remove_to_the_end
    expect "$1: one more run finds nothing to do" 0 "$exit_code"
    install
    expect "$1: and it can be installed again" 3010 "$exit_code"
    done_with
}
scenario_removal() { removal 'Windows 10 x64, Xen Project' win10-x64 xenproject-9.1.0 --testsigning; }
scenario_removal_foreign() {
    local code product
    new_guest removal_foreign win10-x64 --xen --testsigning || return
    put_packages "$dir" "$fixtures/xenproject-9.1.0"
    put_to_sleep
    "$guest" reboot "$dir" >/dev/null 2>&1
    snapshot before
    install
    "$guest" reboot "$dir" >/dev/null 2>&1
    install
    expect 'foreign family: installed before it is made foreign' 0 "$exit_code"
    # The same drivers as another vendor's: provider in the INFs and class keys, maker in the files, and no journal.
    rm -rf "${dir:?}/$state"
    "$guest" shutdown "$dir"
    sed -i 's/"Xen Project"/"XCP-ng"/' "$dir/system.reg"
    find "$dir/drive_c/windows/inf" -iname 'xen*.inf' -exec sed -i 's/Xen Project/XCP-ng/g' {} +
    find "$dir/drive_c/windows/system32" -iname 'xen*.*' -exec env LC_ALL=C sed -i \
        's/X\x00e\x00n\x00 \x00P\x00r\x00o\x00j\x00e\x00c\x00t\x00/X\x00C\x00P\x00-\x00n\x00g\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00/g' {} +
    "$guest" boot "$dir"
    install
    expect 'foreign family: install refuses' 8 "$exit_code"
    expect_says 'foreign family: and says what to do' "$dir/.guest/out" '--replace'
    xenpv remove --manifest 'C:\xenpv\test-manifest.json' --allow-unsigned-manifest --family gplpv /norestart /quiet
    expect 'foreign family: removing a family that is not there does nothing' 0 "$exit_code"
    expect_says 'foreign family: and says so' "$dir/.guest/out" 'nothing of these drivers'
    xenpv remove --manifest 'C:\xenpv\test-manifest.json' --allow-unsigned-manifest --family nobody /norestart /quiet
    expect 'foreign family: an unknown family is refused' 2 "$exit_code"
    install --replace
    expect 'foreign family: install --replace switches it off and asks for a restart' 3010 "$exit_code"
    expect 'foreign family: by a removal of its own' 'removal xcp-ng' "$(jq -r '"\(.job) \(.family)"' "$dir/$state/journal.json")"
    "$guest" reboot "$dir" >"$dir/.guest/reboot" 2>&1
    xenpv remove --manifest 'C:\xenpv\test-manifest.json' --allow-unsigned-manifest /norestart /quiet
    expect 'foreign family: remove after the restart finishes it' 0 "$exit_code"
    expect_nothing_left 'foreign family'
    expect_as_before 'foreign family: registry and files are as before'
    install
    expect 'foreign family: the next run installs' 3010 "$exit_code"
    expect 'foreign family: the journal is of the installation' 'xenproject' "$(jq -r .family "$dir/$state/journal.json")"
    "$guest" reboot "$dir" >"$dir/.guest/reboot" 2>&1
    install
    expect 'foreign family: and the next one confirms' 0 "$exit_code"
    done_with
}

# Two products of Windows Installer side by side, as their missing Upgrade table allows.
scenario_removal_products() {
    local msi
    new_guest removal_products win7-x64 --xen --testsigning || return
    put_packages "$dir" "$fixtures/univention-like"
    for msi in "$fixtures"/univention-like/*Vista2008x{64,32}*.msi; do
        cp "$msi" "$dir/drive_c/xenpv/product.msi"
        run_in "$dir" "$dir/drive_c/windows/system32/msiexec.exe" /i 'C:\xenpv\product.msi' /qn /norestart >/dev/null 2>&1
        # Wine's ServiceInstall fails where the service is there already; Windows' takes it over.
        run_in "$dir" "$dir/drive_c/windows/system32/sc.exe" delete ShutdownMon >/dev/null 2>&1
    done
    xenpv detect --json
    expect 'two products: both are registered' 2 "$(jq '.products | length' "$dir/.guest/out")"
    install
    expect 'two products: install names them and changes nothing' 6 "$exit_code"
    expect_says 'two products: and says what to do' "$dir/.guest/out" '--replace'
    remove_to_the_end
    expect 'two products: remove ends well' 0 "$exit_code"
    xenpv detect --json
    expect 'two products: both are gone' 0 "$(jq '.products | length' "$dir/.guest/out")"
    done_with
}
# The process of a removal is killed in its first run, or in the one after the restart: the next runs finish it.
scenario_removal_kills() {
    local base=$scratch/removal_kills took begun i run
    new_guest removal_kills win10-x64 --xen --testsigning || return
    put_packages "$dir" "$fixtures/xenproject-9.1.0"
    install
    "$guest" reboot "$dir" >/dev/null 2>&1
    install
    expect 'removal kills: installed before' 0 "$exit_code"
    for run in first second; do
        dir=$base.one
        next_copy "$base"
        begun=$(date +%s%N)
        remove
        took=$((($(date +%s%N) - begun) / 1000000))
        for ((i = 0; i < 3; i++)); do
            next_copy "$base"
            kill_program $((took * (2 * i + 1) / 6)) remove "${removing[@]}"
            remove_to_the_end
            expect "removal kill $((i + 1)), $run run, $killed: the next runs finish it" '0 removed' \
                "$exit_code $(jq -r .state "$dir/$state/journal.json")"
            expect "removal kill $((i + 1)), $run run: no driver of the family is left" '' \
                "$(cd "$dir/drive_c/windows" && ls inf system32/drivers | grep -i '^xen.*\(inf\|sys\)$')"
        done
        done_with
        dir=$base
        "$guest" boot "$dir"
        remove
        "$guest" reboot "$dir" >/dev/null 2>&1
    done
    if [ "$kills_in_time" -gt 0 ]; then ok "removal kills: $kills_in_time of 6 came before the end of the run"
    else not_ok 'removal kills' 'none came before the end of the run'; fi
    done_with
}
removing=(--manifest 'C:\xenpv\test-manifest.json' --allow-unsigned-manifest --no-continue /norestart /quiet)
remove() { xenpv remove "${removing[@]}"; }

# The process of an installation is killed at points spread evenly over its duration, each moved by chance within its
# share: 12 in the first run, 8 in the run after the restart. Then every other time the next run goes on to the end, and
# the guest is installed with a good status; else it is a rollback, and the guest is as it was. KILL_SEED=N repeats.
kill_seed=${KILL_SEED:-$(($(date +%s) % 32768))}
kills=0 kills_in_time=0

scenario_kills() { kills_of 12 first; }
scenario_kills_after_restart() { kills_of 8 second; }

kills_of() { # HOW-MANY RUN
    local base=$scratch/kills_$2 took begun i
    RANDOM=$((kill_seed + $1))
    new_guest "kills_$2" win10-x64 --xen --testsigning || return
    put_packages "$dir" "$fixtures/xenproject-9.1.0"
    snapshot before
    mv "$dir/.guest/before" "$scratch/kills_$2.before"
    if [ "$2" = second ]; then
        install
        "$guest" reboot "$dir" >/dev/null 2>&1
    fi
    dir=$base.one
    next_copy "$base"
    begun=$(date +%s%N)
    install
    took=$((($(date +%s%N) - begun) / 1000000))
    for ((i = 0; i < $1; i++)); do
        next_copy "$base"
        kill_program $(((took * i + took * (RANDOM % 1000) / 1000) / $1)) install --packages 'C:\xenpv\packages' \
            --manifest 'C:\xenpv\test-manifest.json' --allow-unsigned-manifest --no-continue
        if [ $((i % 2)) = 0 ]; then goes_on "$2" $((i + 1)); else goes_back "$2" $((i + 1)) "$scratch/kills_$2.before"; fi
    done
    expect "kills, $2 run: $1 of $1 end in success or a clean rollback (seed $kill_seed)" "$1" "$kills"
    if [ "$kills_in_time" -gt 0 ]; then ok "kills, $2 run: $kills_in_time of $1 came before the end of the run, which takes $took ms"
    else not_ok "kills, $2 run" "none came before the end of the run, which took $took ms"; fi
    done_with
    dir=$base
    done_with
}

next_copy() { done_with; "$guest" copy "$1" "$dir" && "$guest" boot "$dir"; }

kill_program() { # MILLISECONDS ARGUMENTS...
    "$guest" exec "$dir" --kill-after "$1" --status "$dir/.guest/status" -- "$program" "${@:2}" >/dev/null 2>&1
    killed="killed after $1 ms"
    if grep -q killed "$dir/.guest/status"; then kills_in_time=$((kills_in_time + 1)); else killed='not killed, it was through'; fi
}

goes_on() { # RUN NUMBER
    local restarts=0
    install
    while [ "$exit_code" = 3010 ] && [ $restarts -lt 3 ]; do
        restarts=$((restarts + 1))
        "$guest" reboot "$dir" >"$dir/.guest/reboot" 2>&1
        install
    done
    [ "$exit_code" = 0 ] && xenpv status --json
    kill_counts "kill $2, $1 run, $killed: the next run installs" '0 installed 0 errors' \
        "$exit_code $(jq -r '"\(.journal.state) \([.status.findings[] | select(.severity == "error")] | length) errors"' "$dir/.guest/out")"
}

goes_back() { # RUN NUMBER BEFORE
    xenpv rollback
    local code=$exit_code
    snapshot after
    diff "$3" "$dir/.guest/after" | grep '^[<>]' | grep -vE "$kill_leaves" >"$dir/.guest/diff"
    kill_counts "kill $2, $1 run, $killed: a rollback leaves nothing" '0, ' "$code, $(head -n 6 "$dir/.guest/diff" | tr '\n' '|')"
}

# Beside what any rollback leaves: what a removal leaves, too (removal-leaves.txt).
kill_leaves="$rollback_leaves|$(sed -n 's/^pattern: //p' "$here/removal-leaves.txt" | paste -sd '|')"

kill_counts() { # NAME WANTED HAVE
    if [ "$2" = "$3" ]; then kills=$((kills + 1)); fi
    expect "$@"
}

# ---- through Windows Installer ----

# add_rows MSI TABLE ROW...: \t is a tab. msibuild replaces the table that it reads.
add_rows() {
    msiinfo export "$1" "$2" >"$1.idt" && printf '%b\r\n' "${@:3}" >>"$1.idt" && msibuild "$1" -i "$1.idt"
    rm -f "$1.idt"
}

# via_msi_package WHAT: the package of $dir's Windows in another shape, and the manifest that pins it.
#   plain     its drivers are installed by nobody: Wine has no DIFxApp
#   drivers   with the double of DIFxApp (difx.exe, then Plug and Play)
#   refusing  asks for what this guest is known not to have
#   failing   asks for what nobody can tell, and the guest has not
via_msi_package() {
    local name=gplpv_Vista2008x64_signed_0.11.0.373.msi condition='' devices
    local msi=$dir/drive_c/xenpv/packages/$name
    rm -f "$msi" && mkdir -p "$dir/drive_c/xenpv/packages"
    osslsigncode remove-signature -in "$fixtures/univention-like/$name" -out "$msi" >/dev/null
    case $1 in
    refusing) condition='Installed OR VersionNT >= 1000' ;;
    failing) condition='Installed OR XENPV_SET_BY_NOBODY' ;;
    drivers)
        devices=$(. "$dir/.guest/conf" && echo "$devices")
        cp "$root/build/guest/bin/x86_64/"{difx,pnp}.exe "$dir/drive_c/xenpv/"
        add_rows "$msi" CustomAction 'Stage\t3106\tDriversDir\tC:\\xenpv\\difx.exe "[DriversDir]."\t' \
            "Bind\\t3106\\tDriversDir\\tC:\\\\xenpv\\\\pnp.exe $devices\\t"
        add_rows "$msi" InstallExecuteSequence 'Stage\t$XenPci>2\t5910' 'Bind\t$XenPci>2\t5911'
        ;;
    esac
    if [ -n "$condition" ]; then
        add_rows "$msi" LaunchCondition "$condition\\tIt asks for more than this guest has."
        add_rows "$msi" InstallExecuteSequence 'LaunchConditions\t\t100'
    fi
    jq --arg name "$name" --arg sha "$(sha256sum "$msi" | cut -d' ' -f1)" --argjson size "$(stat -c %s "$msi")" \
        '(.releases[].sets[].files[] | select(.name == $name)) |= (.sha256 = $sha | .sha512 = null | .size = $size)' \
        "$test_manifest" >"$dir/drive_c/xenpv/test-manifest.json"
}

via_msi() { install --via-msi --accept msi-certificates "$@"; }

products() { xenpv detect --json; jq -r '[.products[].name] | join(" ")' "$dir/.guest/out"; }

# expect_rolled_back NAME: nothing is registered, bound or staged.
expect_rolled_back() {
    expect "$1" ' 0 0 rolled-back' "$(products) $(jq -r '
        "\([.devices[] | select((.instance | test("VEN_5853")) and .service)] | length) \(.packages | length)"' \
        "$dir/.guest/out") $(jq -r .state "$dir/$state/journal.json")"
}

scenario_via_msi() {
    local restarts=0 other
    new_guest via_msi win7-x64 --xen --testsigning || return
    via_msi_package plain || { not_ok 'via MSI: the package is made' "$(tail -n 1 "$scratch/via_msi.log")"; return; }
    snapshot before
    install --via-msi
    expect 'via MSI: certificates are refused without --accept' 4 "$exit_code"
    expect_says 'via MSI: the refusal names the store' "$dir/.guest/out" 'LocalMachine\Root'
    expect_says 'via MSI: and says how to accept it' "$dir/.guest/out" '--accept msi-certificates'
    via_msi_package refusing
    via_msi
    expect 'via MSI: a launch condition that will not hold is a refusal' 4 "$exit_code"
    expect_says 'via MSI: in the words of the package' "$dir/.guest/out" 'It asks for more than this guest has.'
    via_msi_package plain
    via_msi --dry-run
    expect 'via MSI: a dry run plans' 0 "$exit_code"
    expect_says 'via MSI: the plan names the certificate' "$dir/.guest/out" 'in LocalMachine\Root, by Windows Installer'
    expect_says 'via MSI: and the step' "$dir/.guest/out" "let Windows Installer install 'GPL PV Drivers for Windows'"
    expect_unchanged 'via MSI: none of this changed anything'

    via_msi
    expect 'via MSI: a success without drivers is not believed' 5 "$exit_code"
    expect_says 'via MSI: it says what is missing' "$dir/.guest/out" "Windows does not know 'xenvbd.inf'"
    expect_rolled_back 'via MSI: the product is uninstalled again'
    via_msi_package failing
    via_msi
    expect 'via MSI: a package that fails is rolled back' 5 "$exit_code"
    expect_says 'via MSI: 1603 in words' "$dir/.guest/out" "look for 'Return value 3' in its log"
    expect 'via MSI: its log is kept' yes "$(ls "$dir/$state"/install-*.log >/dev/null 2>&1 && echo yes)"
    expect_rolled_back 'via MSI: nothing of it is left'

    via_msi_package drivers
    via_msi
    expect 'via MSI: with its drivers it asks for a restart' 3010 "$exit_code"
    xenpv rollback
    expect 'via MSI: rollback ends well' 0 "$exit_code"
    expect_rolled_back 'via MSI: and takes the product and its drivers out'
    via_msi
    expect 'via MSI: and it installs again' 3010 "$exit_code"
    while [ "$exit_code" = 3010 ] && [ $restarts -lt 4 ]; do
        restarts=$((restarts + 1))
        "$guest" reboot "$dir" >"$dir/.guest/reboot" 2>&1
        via_msi
    done
    expect 'via MSI: the run after the restart confirms' 0 "$exit_code"
    expect 'via MSI: one product is registered' 'GPL PV Drivers for Windows' "$(products)"
    xenpv status --json
    expect 'via MSI: status exits with 0' 0 "$exit_code"
    expect 'via MSI: the journal names the product' 'installed GPL PV Drivers for Windows' \
        "$(jq -r '.journal | "\(.state) \(.product.name)"' "$dir/.guest/out")"
    remove_to_the_end
    expect 'via MSI: removal ends well' 0 "$exit_code"
    expect 'via MSI: no product is left' '' "$(products)"
    expect 'via MSI: and no driver package' '0 0' "$(jq -r '
        "\(.packages | length) \([.services[] | select(.name | test("^(xen(pci|vbd|net)|shutdownmon)"; "i"))] | length)"' \
        "$dir/.guest/out")"

    other=$fixtures/univention-like/gplpv_Vista2008x32_signed_0.11.0.373.msi
    cp "$other" "$dir/drive_c/xenpv/product.msi"
    run_in "$dir" "$dir/drive_c/windows/system32/msiexec.exe" /i 'C:\xenpv\product.msi' /qn /norestart >/dev/null 2>&1
    via_msi
    expect 'via MSI: no product is put beside another' 6 "$exit_code"
    expect_says 'via MSI: and it says what to do' "$dir/.guest/out" '--replace uninstalls them first'
    via_msi --replace
    restarts=0
    while [ "$exit_code" = 3010 ] && [ $restarts -lt 4 ]; do
        restarts=$((restarts + 1))
        "$guest" reboot "$dir" >"$dir/.guest/reboot" 2>&1
        via_msi --replace
    done
    expect 'via MSI: --replace puts it right' 0 "$exit_code"
    expect 'via MSI: one product is left' 'GPL PV Drivers for Windows' "$(products)"
    done_with
}

# What comes without a package of Windows Installer.
scenario_via_msi_none() {
    new_guest via_msi_none win10-x64 --xen --testsigning || return
    put_packages "$dir" "$fixtures/xenproject-9.1.0"
    snapshot before
    install --via-msi
    expect 'via MSI, Xen Project: usage' 2 "$exit_code"
    expect_says 'via MSI, Xen Project: in one line' "$dir/.guest/out" "'xenproject-9.1.0' is no package of Windows Installer"
    expect_unchanged 'via MSI, Xen Project: nothing was changed'
    done_with
}

# One run at a time: the first is stopped in the middle of its work; the second must not touch the machine, and the third
# waits and goes on with what the first has left.
run_beside() { # NAME OPTIONS...: its exit code in .guest/NAME, what it says in .guest/NAME.err
    "$guest" exec "$dir" --status "$dir/.guest/$1" --seconds 180 -- "$program" install --packages 'C:\xenpv\packages' \
        --manifest 'C:\xenpv\test-manifest.json' --allow-unsigned-manifest --no-continue /norestart "${@:2}" \
        >"$dir/.guest/$1.out" 2>"$dir/.guest/$1.err"
}
wait_until() { local tick; for ((tick = 0; tick < 4000; tick++)); do ! "$@" || return 0; sleep 0.005; done; return 1; }
scenario_alone() {
    local first third
    new_guest alone win10-x64 --xen --testsigning || return
    put_packages "$dir" "$fixtures/xenproject-9.1.0"
    run_beside first /quiet &
    first=$!
    wait_until grep -qs '"state": "installing"' "$dir/$state/journal.json"
    signal_install STOP
    if grep -q '"state": "installing"' "$dir/$state/journal.json"; then
        cp "$dir/$state/journal.json" "$dir/.guest/journal"
        install --wait 0
        expect 'while one run is at work, another that may not wait ends with exit 1' 1 "$exit_code"
        expect_says 'and says so in one line' "$dir/.guest/err" 'another xenpv is changing this machine'
        expect 'which names the process and its command' 1 "$(grep -cE '\(process [0-9]+, xenpv install\): let it finish' "$dir/.guest/err")"
        install --wait 1
        expect 'one that may wait a second ends after that with exit 1' 1 "$exit_code"
        expect_says 'and says how long it has waited' "$dir/.guest/err" 'has not ended within 1 s'
        xenpv status
        expect 'status needs not wait' 6 "$exit_code"
        expect_says 'and does not take what it sees for how it stays' "$dir/.guest/out" 'Status      unknown'
        expect 'but says who is at work' 1 "$(grep -cE 'fact: process [0-9]+, xenpv install$' "$dir/.guest/out")"
        if cmp -s "$dir/$state/journal.json" "$dir/.guest/journal"; then ok 'and they leave the journal alone'
        else not_ok 'and they leave the journal alone' 'it is another one'; fi
        run_beside third &
        third=$!
        if wait_until grep -qs 'waiting for its end' "$dir/.guest/third.err"; then ok 'one more waits, and says so'
        else not_ok 'one more waits, and says so' "$(tr '\n' '|' <"$dir/.guest/third.err" | tail -c 300)"; fi
    else
        echo 'skip alone: the first run was through before it could be stopped'
    fi
    signal_install CONT
    wait "$first" 2>/dev/null
    expect 'the first run goes on undisturbed' 'exit 3010' "$(cat "$dir/.guest/first")"
    [ -z "${third:-}" ] || {
        wait "$third" 2>/dev/null
        expect 'the one that waited goes on when the first has ended' 'exit 3010' "$(cat "$dir/.guest/third")"
        expect 'with the journal that the first has left: it installs nothing again' 0 "$(grep -c "store the files of" "$dir/.guest/third.err")"
    }
    install
    expect 'and lets go of the lock at its end' 3010 "$exit_code"
    expect 'no lock file stays' '' "$(ls "$dir/$state" | grep -xE 'lock|holder')"
    # As a power failure leaves it: the process is gone, or another one has its number.
    printf 'process 4242, xenpv install\nxenpv.exe' >"$dir/$state/holder"
    xenpv status --json
    expect 'a note that its process has outlived is nobody at work' null "$(jq .facts.run_at_work "$dir/.guest/out")"
    done_with
}

# The i686 program on a 64-bit Windows: the x86_64 program that was built with it does the work, and no other. In platform
# it stands alone.
scenario_handover() {
    local folder x64
    new_guest handover win10-x64 --xen --testsigning || return
    folder="$dir/drive_c/a b"
    x64=$program
    program='C:\a b\x86\xenpv.exe'
    mkdir -p "$folder/x86" "$folder/x64"
    cp "$root/build/i686/xenpv.exe" "$folder/x86"
    put_packages "$dir" "$fixtures/xenproject-9.1.0"
    cp "$root/build/x86_64/xenpv.exe" "$folder/x64"
    printf '\x55' | dd of="$folder/x64/xenpv.exe" bs=1 seek=5000 conv=notrunc status=none
    snapshot before
    install
    expect 'handover: to an altered program: exit 4' 4 "$exit_code"
    expect_says 'handover: to an altered program: it is named' "$dir/.guest/err" "'C:\a b\x64\xenpv.exe' is not the x86_64 program that belongs to this one"
    install --json
    expect 'handover: the same in the report' "4 'C:\a b\x64\xenpv.exe'" "$(jq -r '"\(.exit_code) \(.message | split(" is not")[0])"' "$dir/.guest/out")"
    rm "$folder/x64/xenpv.exe"
    install
    expect 'handover: to none: exit 1' 1 "$exit_code"
    expect_says 'handover: to none: where it was looked for' "$dir/.guest/err" "'C:\a b\x64\xenpv.exe'"
    cp "$root/build/x86_64/xenpv.exe" "$folder/x64"
    printf '\x55' | dd of="$folder/x64/xenpv.exe" bs=1 seek=5000 conv=notrunc status=none
    expect_unchanged 'handover: neither changes anything'
    cp "$root/build/x86_64/xenpv.exe" "$folder/x64"

    install --dry-run
    cp "$dir/.guest/out" "$dir/.guest/handed"
    program=$x64
    install --dry-run
    expect 'handover: --dry-run says what the x86_64 program says' "$(sha256sum <"$dir/.guest/out")" "$(sha256sum <"$dir/.guest/handed")"
    program='C:\a b\x86\xenpv.exe'
    install --log 'C:\a b\the log.txt' --json
    expect 'handover: install asks for a restart' 3010 "$exit_code"
    expect 'handover: the x86_64 program did it' 'x64 3010' "$(jq -r '"\(.facts.windows.process) \(.exit_code)"' "$dir/.guest/out")"
    expect_says 'handover: arguments in quotes arrive' "$folder/the log.txt" "store the files of 'xenbus'"
    "$guest" reboot "$dir" >/dev/null 2>&1
    install
    expect 'handover: and the run after the restart confirms' 0 "$exit_code"
    xenpv remove --manifest 'C:\xenpv\test-manifest.json' --allow-unsigned-manifest --no-continue /norestart
    expect 'handover: remove asks for a restart' 3010 "$exit_code"
    expect_says 'handover: and says who does it' "$dir/.guest/err" "handover: to 'C:\a b\x64\xenpv.exe'"
    "$guest" reboot "$dir" >/dev/null 2>&1
    xenpv resume --manifest 'C:\xenpv\test-manifest.json' --allow-unsigned-manifest /norestart /quiet
    expect 'handover: and resume ends the removal' '0 removed' "$exit_code $(jq -r .state "$dir/$state/journal.json")"
    done_with
}

# Of this guest only: others may be installing beside it.
signal_install() { pkill "-$1" --ns "$(cat "$dir/.guest/pid")" --nslist pid -f '^C:.xenpv.xenpv\.exe install' 2>/dev/null; }

# boot.ini of Windows XP, for real: one more entry, and without a trace after the rollback.
scenario_boot_ini() {
    local file
    new_guest boot_ini winxp-x86 --xen || return
    put_packages "$dir" "$fixtures/gplpv"
    file=$dir/drive_c/boot.ini
    cp "$file" "$dir/.guest/boot.ini"
    install
    expect 'boot.ini: installed' 3010 "$exit_code"
    expect 'boot.ini: one line more' "$(($(wc -l <"$dir/.guest/boot.ini") + 1))" "$(wc -l <"$file")"
    expect_says 'boot.ini: it is named as ours, and has the option' "$file" \
        '(xenpv: emulated devices)" /noexecute=optin /fastdetect /NOGPLPV'
    expect 'boot.ini: it is read-only again' 444 "$(stat -c %a "$file")"
    xenpv rollback
    expect 'boot.ini: rolled back' 0 "$exit_code"
    expect 'boot.ini: the same bytes as before' "$(sha256sum <"$dir/.guest/boot.ini")" "$(sha256sum <"$file")"
    expect 'boot.ini: and read-only as before' 444 "$(stat -c %a "$file")"
    chmod u+w "$file"
    echo 'rubbish' >>"$file"
    install
    expect 'boot.ini: one that is not understood is no hindrance' 3010 "$exit_code"
    expect 'boot.ini: and is left as it is' rubbish "$(tail -n 1 "$file")"
    expect_says 'boot.ini: the journal says why there is no entry' "$dir/$state/journal.json" 'no entry'
    xenpv rollback
    install --require-fallback
    expect 'boot.ini: whoever requires an entry gets the machine as it was: exit 5' 5 "$exit_code"
    done_with
}

# The entry of Vista and later, by way of the stand-in for bcdedit (see README.md).
scenario_boot_entry() {
    local store system
    new_guest boot_entry win7-x64 --xen --testsigning || return
    put_packages "$dir" "$fixtures/gplpv"
    system=$dir/drive_c/windows/system32 store=$dir/drive_c/bcd.store
    cp "$root/build/guest/bin/x86_64/bcdedit.exe" "$system/bcdedit.exe"
    printf '%s\tWindows 7\tTESTSIGNING_X\n' '{11111111-0000-0000-0000-000000000000}' >"$store"
    cp "$store" "$dir/.guest/store"
    install
    expect 'boot entry: installed' 3010 "$exit_code"
    expect 'boot entry: a copy of this Windows, marked, with the option behind the others' \
        'Windows (xenpv: emulated devices):TESTSIGNING_X NOGPLPV' "$(sed -n 2p "$store" | cut -f 2,3 | tr '\t' ':')"
    expect 'boot entry: the journal has no reason for a lack' null "$(jq -r .boot.no_fallback "$dir/$state/journal.json")"
    xenpv rollback
    expect 'boot entry: rolled back' 0 "$exit_code"
    expect 'boot entry: the store is as before' "$(sha256sum <"$dir/.guest/store")" "$(sha256sum <"$store")"
    echo /set >"$dir/drive_c/bcd.refuse"
    install
    expect 'boot entry: where it cannot be finished, the job goes on' 3010 "$exit_code"
    expect 'boot entry: and nothing half made is left' "$(sha256sum <"$dir/.guest/store")" "$(sha256sum <"$store")"
    expect_says 'boot entry: the journal says why' "$dir/$state/journal.json" 'bcdedit refuses'
    xenpv rollback
    install --require-fallback
    expect 'boot entry: whoever requires it gets the machine as it was' 5 "$exit_code"
    expect 'boot entry: the store, too' "$(sha256sum <"$dir/.guest/store")" "$(sha256sum <"$store")"
    rm "$dir/drive_c/bcd.refuse"
    install --no-fallback
    expect 'boot entry: none when it is not wanted' "$(sha256sum <"$dir/.guest/store")" "$(sha256sum <"$store")"
    done_with
}

# Safe mode, and a domain controller.
scenario_moment() {
    local option='HKLM\System\CurrentControlSet\Control\SafeBoot\Option' options='HKLM\System\CurrentControlSet\Control\ProductOptions'
    new_guest moment win2022-x64 --xen --testsigning || return
    put_packages "$dir" "$fixtures/xenproject-9.1.0"
    add_value "$option" OptionValue REG_DWORD 1
    snapshot before
    install
    expect 'safe mode: exit 6' 6 "$exit_code"
    expect_says 'safe mode: it is named' "$dir/.guest/err" 'safe mode'
    expect_unchanged 'safe mode: nothing is changed'
    run_in "$dir" "$dir/drive_c/windows/system32/reg.exe" delete "$option" /f >/dev/null 2>&1
    add_value "$options" ProductType REG_SZ LanmanNT
    "$guest" reboot "$dir" >/dev/null 2>&1
    xenpv detect --json
    expect 'domain controller: it is seen' 'domain-controller false' "$(jq -r '"\(.windows.type) \(.windows.safe_mode)"' "$dir/.guest/out")"
    xenpv plan --packages 'C:\xenpv\packages' --manifest 'C:\xenpv\test-manifest.json'
    expect_says 'domain controller: plan warns' "$dir/.guest/err" 'Directory Services Restore Mode'
    xenpv install --packages 'C:\xenpv\packages' --manifest 'C:\xenpv\test-manifest.json' --allow-unsigned-manifest /norestart --no-continue
    expect 'domain controller: install goes on' 3010 "$exit_code"
    expect_says 'domain controller: and warns before it' "$dir/.guest/err" 'Directory Services Restore Mode'
    done_with
}

# Somebody else's installation waits for a restart.
scenario_pending() {
    local key='HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending'
    new_guest pending win7-x64 --xen --testsigning || return
    put_packages "$dir" "$fixtures/gplpv"
    run_in "$dir" reg add "$key" /f /reg:64 >/dev/null 2>&1
    snapshot before
    install
    expect 'pending restart: exit 6' 6 "$exit_code"
    expect_says 'pending restart: it is named' "$dir/.guest/err" 'Component Based Servicing\RebootPending'
    expect_unchanged 'pending restart: nothing is changed'
    install --ignore-pending-restart
    expect 'pending restart: whoever wants to may install' 3010 "$exit_code"
    done_with
}

# The service that goes on after a restart: nobody runs the program again.
scenario_continuation() {
    new_guest continuation win10-x64 --xen --testsigning || return
    put_packages "$dir" "$fixtures/xenproject-9.1.0"
    install_and_continue
    expect 'continuation: the first run asks for a restart' 3010 "$exit_code"
    expect_says 'continuation: and says that it goes on' "$dir/.guest/out" 'goes on by itself'
    expect 'continuation: its service starts by itself' 0x2 "$(service_start xenpv-resume)"
    "$guest" reboot "$dir" >"$dir/.guest/reboot" 2>&1
    wait_for_end
    xenpv status --json
    expect 'continuation: after the restart the job is confirmed' installed "$(jq -r .journal.state "$dir/.guest/out")"
    expect 'continuation: it ran once' 1 "$(jq -r .journal.boot.runs "$dir/.guest/out")"
    expect_says 'continuation: its log says so' "$dir/$state/xenpv.log" 'resume: done or healthy'
    expect 'continuation: the service is gone' '' "$(service_start xenpv-resume)"
    "$guest" reboot "$dir" >"$dir/.guest/reboot" 2>&1
    expect 'continuation: its program goes with the next restart at the latest' no \
        "$([ -e "$dir/$state/xenpv-resume.exe" ] && echo yes || echo no)"
    xenpv status --json
    expect 'continuation: and that restart is not asked for' 0 "$exit_code"

    new_guest continuation_undone win7-x64 --xen --testsigning || return
    put_packages "$dir" "$fixtures/gplpv"
    install_and_continue
    xenpv rollback
    expect 'continuation: an undone job takes it away: exit 0' 0 "$exit_code"
    expect 'continuation: an undone job leaves no service' '' "$(service_start xenpv-resume)"
    expect 'continuation: an undone job leaves no program' no \
        "$([ -e "$dir/$state/xenpv-resume.exe" ] && echo yes || echo no)"
    xenpv resume --service
    expect 'continuation: only the service manager may run it so' 2 "$exit_code"
    done_with
}

# What the guest prints is what its report and its facts print here, byte for byte.
expect_replay() { # NAME
    local native=$root/build/native/xenpv
    xenpv status --json
    cp "$dir/.guest/out" "$dir/.guest/report.json"
    "$native" status --json --facts "$dir/.guest/report.json" >"$dir/.guest/replayed" 2>/dev/null
    expect_same "$1: status --json" report.json replayed
    xenpv status
    "$native" status --facts "$dir/.guest/report.json" >"$dir/.guest/replayed" 2>/dev/null
    expect_same "$1: status" out replayed
    xenpv detect --json
    cp "$dir/.guest/out" "$dir/.guest/facts.json"
    xenpv plan
    "$native" plan --facts "$dir/.guest/facts.json" >"$dir/.guest/replayed" 2>/dev/null
    expect_same "$1: plan" out replayed
}

# expect_same NAME FILE FILE: of the guest's output.
expect_same() {
    if [ -s "$dir/.guest/$2" ] && cmp -s "$dir/.guest/$2" "$dir/.guest/$3"; then
        ok "$1"
    else
        not_ok "$1" "$(diff "$dir/.guest/$2" "$dir/.guest/$3" | head -n 4 | tr '\n' '|')"
    fi
}

# expect_status NAME WORD CODES: of the last expect_replay; notes are left out.
expect_status() {
    expect "$1: the word and the findings" "$2 $3" "$(jq -r '
        .status | "\(.word) \([.findings[] | select(.severity != "info") | .code] | unique | join(" "))"' "$dir/.guest/report.json")"
}

scenario_replay() {
    new_guest replay win10-x64 --xen --testsigning || return
    put_packages "$dir" "$fixtures/xenproject-9.1.0"
    expect_replay 'replay of a fresh guest'
    expect_status 'a fresh guest' not-installed 'no-pv-drivers test-signing-on'
    install
    expect_replay 'replay before the restart'
    "$guest" reboot "$dir" >"$dir/.guest/reboot" 2>&1
    install
    expect 'replay: the drivers are installed' 0 "$exit_code"
    expect_replay 'replay of an installed guest'
    run_in "$dir" reg add 'HKLM\System\CurrentControlSet\Services\xenvbd' /v Start /t REG_DWORD /d 3 /f /reg:64 >/dev/null 2>&1
    expect_replay 'replay of a broken guest'
    expect 'a broken guest: its word' broken "$(jq -r .status.word "$dir/.guest/report.json")"
    expect 'a broken guest: its error' driver-not-at-boot \
        "$(jq -r '[.status.findings[] | select(.severity == "error") | .code] | unique | join(" ")' "$dir/.guest/report.json")"
    done_with
}

# The same for a removal, in the boot in which an installation was confirmed: that one's program waits to be deleted.
scenario_removal_continuation() {
    new_guest removal_continuation win10-x64 --xen --testsigning || return
    put_packages "$dir" "$fixtures/xenproject-9.1.0"
    install_and_continue
    "$guest" reboot "$dir" >"$dir/.guest/reboot" 2>&1
    wait_for_end
    expect 'removal continued: installed before' installed "$(jq -r .state "$dir/$state/journal.json")"
    rm -f "$dir/$state/xenpv.log"
    xenpv remove --manifest 'C:\xenpv\test-manifest.json' --allow-unsigned-manifest /norestart /quiet
    expect 'removal continued: the first run asks for a restart' 3010 "$exit_code"
    expect_says 'removal continued: and says that it goes on' "$dir/.guest/out" 'goes on by itself'
    "$guest" reboot "$dir" >"$dir/.guest/reboot" 2>&1
    wait_for_end
    expect 'removal continued: nobody ran it again, and it is removed' 'removal removed' \
        "$(jq -r '"\(.job) \(.state)"' "$dir/$state/journal.json")"
    expect 'removal continued: the service is gone' '' "$(service_start xenpv-resume)"
    xenpv detect --json
    expect 'removal continued: no service of the family is left' '' \
        "$(jq -r '[.services[].name | select(test("^xen"; "i"))] | join(" ")' "$dir/.guest/out")"
    "$guest" reboot "$dir" >"$dir/.guest/reboot" 2>&1
    expect 'removal continued: no program of it stays' '' "$(cd "$dir/$state" && ls | grep '^xenpv-resume')"
    done_with
}

# service_start NAME: how it starts, by the registry; nothing when there is none.
service_start() {
    local bits=64
    [ "$(program_folder "$dir")" = x86_64 ] || bits=32
    run_in "$dir" reg query "HKLM\\System\\CurrentControlSet\\Services\\$1" /v Start "/reg:$bits" 2>/dev/null |
        tr -d '\r' | sed -n 's/.*REG_DWORD *//p'
}

# Until the continuation has said in its log how it ended.
wait_for_end() {
    local tick
    for ((tick = 0; tick < 600; tick++)); do
        ! grep -qs 'exit [0-9]*)' "$dir/$state/xenpv.log" || return 0
        sleep 0.1
    done
}

# What Windows has and Wine has not for a network adapter: the class installer's name of its interface, TCP/IP's values,
# Wine lists every node as present, so an emulated one that Xen has unplugged is one that does not answer. The interfaces are Wine's own, so that NDIS answers for them.
net_class='{4D36E972-E325-11CE-BFC1-08002BE10318}'
emulated_nic='PCI\VEN_10EC&DEV_8139&SUBSYS_11001AF4&REV_20\3&267A616A&0&20'
emulated_guid='{00000002-0000-0000-0000-4E6574446576}'
pv_guid='{00000003-0000-0000-0000-4E6574446576}'
interfaces='Parameters\Interfaces'

reg_import() { # standard input: sections of a .reg file
    { printf 'REGEDIT4\n\n'; sed '/^"/s/\\/\\\\/g'; } >"$dir/drive_c/xenpv/import.reg"
    "$guest" exec "$dir" -- 'C:\windows\regedit.exe' /S 'C:\xenpv\import.reg' >/dev/null 2>&1
}

# The values of an interface as text: settings_of GUID SNAPSHOT.
settings_of() {
    grep -iF "Interfaces\\\\" "$dir/.guest/$2" | grep -F "$1" | grep '^value' | sed "s/${1//\//.}//" | LC_ALL=C sort
}

services='HKEY_LOCAL_MACHINE\System\CurrentControlSet\Services' control='HKEY_LOCAL_MACHINE\System\CurrentControlSet\Control'

# network_guest NAME [DHCP]: a guest whose emulated adapter has a static address, or asks DHCP.
network_guest() {
    local enum='HKEY_LOCAL_MACHINE\System\CurrentControlSet\Enum'
    new_guest "$1" win10-x64 --xen --testsigning --nics=00:16:3e:01:02:03 || { echo "skip $1: no network namespaces here"; return 1; }
    put_packages "$dir" "$fixtures/xenproject-9.1.0"
    reg_import <<END
[$enum\\$emulated_nic]
"Driver"="$net_class\0001"

[$control\Class\\$net_class\0001]
"NetCfgInstanceId"="$emulated_guid"
"DriverDesc"="Realtek RTL8139"

[$control\Network\\$net_class\\$emulated_guid\Connection]
"Name"="Ethernet"
END
    if [ -n "${2:-}" ]; then
        reg_import <<END
[$services\Tcpip\\$interfaces\\$emulated_guid]
"EnableDHCP"=dword:00000001
"MTU"=dword:00000578
"DhcpIPAddress"="192.0.2.99"
END
        return 0
    fi
    reg_import <<END
[$services\Tcpip\\$interfaces\\$emulated_guid]
"EnableDHCP"=dword:00000000
"IPAddress"=hex(7):31,39,32,2e,30,2e,32,2e,35,00,31,39,32,2e,30,2e,32,2e,36,00,00
"SubnetMask"=hex(7):32,35,35,2e,32,35,35,2e,32,35,35,2e,30,00,32,35,35,2e,32,35,35,2e,32,35,35,2e,30,00,00
"DefaultGateway"=hex(7):31,39,32,2e,30,2e,32,2e,31,00,00
"DefaultGatewayMetric"=hex(7):35,00,00
"NameServer"="192.0.2.2,192.0.2.3"
"MTU"=dword:00000578
"InterfaceMetric"=dword:00000019
"LeaseObtainedTime"=dword:12345678
"Odd"=hex(4):01,02,03

[$services\Tcpip6\\$interfaces\\$emulated_guid]
"NameServer"="2001:db8::2"

[$services\NetBT\\$interfaces\Tcpip_$emulated_guid]
"NetbiosOptions"=dword:00000002
END
}

# The first restart: Xen unplugs the emulated adapter, and the Net class installer names the PV one's interface.
bring_up_pv() { # NAME
    local node driver
    touch "$dir/.guest/unplugged"
    "$guest" reboot "$dir" >"$dir/.guest/reboot" 2>&1
    snapshot up
    node=$(grep -oiE 'Enum\\\\XENVIF\\\\[^\\]*DEV_NET[^\\]*\\\\0\\\\"Driver"="[^"]*"' "$dir/.guest/up" | head -n 1)
    driver=$(sed -n 's/.*"Driver"="\(.*\)"/\1/p' <<<"$node" | sed 's/\\\\/\\/g')
    [ -n "$driver" ] || { not_ok "$1: the PV adapter has a driver" "$(tr '\n' '|' <"$dir/.guest/reboot" | tail -c 300)"; return 1; }
    reg_import <<END
[$control\Class\\$driver]
"NetCfgInstanceId"="$pv_guid"

[$services\Tcpip\\$interfaces\\$pv_guid]
"EnableDHCP"=dword:00000001
"NameServer"=""
END
}

# The permanent MAC address, kind, DHCP and addresses of an adapter, as xenpv sees them.
adapter_of() { # GUID
    xenpv detect --json
    jq -r '.networks[] | select(.guid == "'"$1"'") | "\(.mac) \(.kind) \(.dhcp) \(.addresses | join(" "))"' "$dir/.guest/out"
}

scenario_network() {
    network_guest network || return
    xenpv detect --json
    expect 'network: the emulated adapter is found, by its permanent MAC address' \
        '00:16:3e:01:02:03 emulated false 192.0.2.5/255.255.255.0 192.0.2.6/255.255.255.0 192.0.2.1' \
        "$(jq -r '.networks[] | select(.guid == "'"$emulated_guid"'") | "\(.mac) \(.kind) \(.dhcp) \(.addresses | join(" ")) \(.gateways | join(" "))"' "$dir/.guest/out")"
    expect 'network: a value that is not what its type says makes it partial' partial "$(jq -r .networks_reading "$dir/.guest/out")"
    snapshot before
    install
    expect 'network: the first run asks for a restart' 3010 "$exit_code"
    expect 'network: the journal has the settings' '192.0.2.5 192.0.2.6' \
        "$(jq -r '.network.saved.adapters[0].settings.tcpip[] | select(.name == "IPAddress") | .texts | join(" ")' "$dir/$state/journal.json")"
    bring_up_pv network || return
    snapshot fresh
    install
    expect 'network: Wine cannot restart the adapter, so Windows has to be' 3010 "$exit_code"
    "$guest" reboot "$dir" >/dev/null 2>&1
    install
    expect 'network: the next run confirms' 0 "$exit_code"
    snapshot installed
    settings_of "$emulated_guid" before | grep -v LeaseObtainedTime >"$dir/.guest/wanted"
    settings_of "$pv_guid" installed >"$dir/.guest/have"
    if diff "$dir/.guest/wanted" "$dir/.guest/have" >"$dir/.guest/diff" && [ -s "$dir/.guest/have" ]; then
        ok 'network: the PV adapter has every setting, and no lease'
    else
        not_ok 'network: the PV adapter has every setting, and no lease' "$(tr '\n' '|' <"$dir/.guest/diff")"
    fi
    expect 'network: the emulated adapter has let go of the address' 'null emulated true ' "$(adapter_of "$emulated_guid")"
    xenpv rollback
    expect 'network: rollback: exit 0' 0 "$exit_code"
    snapshot after
    expect 'network: rollback gives the emulated adapter everything back' \
        "$(settings_of "$emulated_guid" before | sha256sum)" "$(settings_of "$emulated_guid" after | sha256sum)"
    expect 'network: rollback leaves the PV adapter as it was' \
        "$(settings_of "$pv_guid" fresh | sha256sum)" "$(settings_of "$pv_guid" after | sha256sum)"
    rm "$dir/.guest/unplugged"
    touch "$dir/.guest/no-pv"
    "$guest" reboot "$dir" >/dev/null 2>&1
    expect 'network: and after the restart it is at work with them' \
        '00:16:3e:01:02:03 emulated false 192.0.2.5/255.255.255.0 192.0.2.6/255.255.255.0' "$(adapter_of "$emulated_guid")"
    done_with
}

# ---- another release over what is installed -----------------------------------------------------------------------

# Only these packages are at hand from now on.
put_only() { # FOLDER...
    rm -f "$dir/drive_c/xenpv/packages"/*
    put_packages "$dir" "$@"
}

# Restart and go on until it does not ask for one more restart; how many there were is in restarts.
install_to_the_end() { # OPTIONS
    restarts=0
    while [ "$exit_code" = 3010 ] && [ $restarts -lt 4 ]; do
        restarts=$((restarts + 1))
        "$guest" reboot "$dir" >"$dir/.guest/reboot" 2>&1
        install "$@"
    done
}

# The drivers' files of a release: NAME.sys as they are in the folder of Windows' drivers.
files_of() { # RELEASE FOLDER
    local driver
    mkdir -p "$2"
    for driver in xenbus xeniface xenvif xennet xenvbd; do
        tar -xOf "$fixtures/$1/$driver.tar" --wildcards "*/x64/$driver.sys" >"$2/$driver.sys"
    done
}

# Wine lists nodes as present that no bus reports, where Windows knows better: what the last restart did not find goes.
forget_absent() {
    local node driver system='HKLM\System\CurrentControlSet' reg=$dir/drive_c/windows/system32/reg.exe
    sed -nE "s/^pnp: '(.*)' is not present.*/\1/p" "$dir/.guest/reboot" 2>/dev/null | tr -d '\r' | while read -r node; do
        driver=$(run_in "$dir" "$reg" query "$system\\Enum\\$node" /v Driver </dev/null 2>/dev/null | tr -d '\r' | sed -n 's/.*REG_SZ *//p')
        [ -z "$driver" ] || run_in "$dir" "$reg" delete "$system\\Control\\Class\\$driver" /f </dev/null >/dev/null 2>&1
        run_in "$dir" "$reg" delete "$system\\Enum\\${node%\\*}" /f </dev/null >/dev/null 2>&1 # each has one instance
    done
}

# What status has against the drivers: errors, and that they are not of one release.
complaints() {
    jq -r '[.status.findings[] | select(.severity == "error" or .code == "mixed-versions") | .code] | unique | join(" ")' "$dir/.guest/out"
}

# The journal says so, status finds nothing wrong, the files of all five packages are the release's, and its drivers run.
expect_release() { # NAME RELEASE
    local driver wrong=
    forget_absent
    xenpv status --json
    expect "$1: $2 is installed" "0 $2 installed" "$exit_code $(jq -r '"\(.journal.release) \(.journal.state)"' "$dir/.guest/out")"
    expect "$1: status has nothing against it" '' "$(complaints)"
    expect "$1: every driver of a Xen device runs" 'xenbus xeniface xennet xenvbd xenvif' "$(jq -r '
        [.facts.devices[] | select(.instance | test("VEN_5853&DEV_0001|^XEN")) | .service | ascii_downcase] as $bound
        | [.facts.services[] | select(.running and (.name | ascii_downcase | IN($bound[]))) | .name]
        | sort_by(ascii_downcase) | join(" ")' "$dir/.guest/out")"
    files_of "$2" "$dir/.guest/release"
    for driver in "$dir/.guest/release"/*.sys; do
        cmp -s "$driver" "$dir/drive_c/windows/system32/drivers/${driver##*/}" || wrong="$wrong ${driver##*/}"
    done
    rm -rf "$dir/.guest/release"
    expect "$1: the files are those of $2" '' "$wrong"
    install
    expect "$1: one more run finds nothing to do" "0 $2" "$exit_code $(jq -r .release "$dir/$state/journal.json")"
}

# A newer release over the one that runs, whose files are in use: upwards by itself, downwards on request, back by rollback,
# out by removal.
scenario_upgrade() {
    new_guest upgrade win10-x64 --xen --testsigning || return
    put_packages "$dir" "$fixtures/xenproject-8.2.2"
    put_to_sleep
    "$guest" reboot "$dir" >"$dir/.guest/reboot" 2>&1
    snapshot before
    install
    install_to_the_end
    expect_release 'upgrade: before' xenproject-8.2.2
    put_only "$fixtures/xenproject-9.1.0"
    install --json
    expect 'upgrade: it is begun by itself, and asks for a restart' '3010 upgrade' "$exit_code $(jq -r .decision.word "$dir/.guest/out")"
    cp "$dir/.guest/out" "$dir/.guest/upgrade.json"
    cp "$dir/.guest/err" "$dir/.guest/upgrade.err"
    install
    expect 'upgrade: and waits for it' 3010 "$exit_code"
    install_to_the_end
    expect 'upgrade: it ends well' 0 "$exit_code"
    expect_release 'upgrade' xenproject-9.1.0
    xenpv rollback
    expect 'upgrade: rolled back' 0 "$exit_code"
    cp "$dir/.guest/err" "$dir/.guest/rollback.err"
    "$guest" reboot "$dir" >"$dir/.guest/reboot" 2>&1
    "$guest" reboot "$dir" >"$dir/.guest/reboot" 2>&1
    put_only "$fixtures/xenproject-8.2.2"
    expect_release 'upgrade: rollback goes back one release' xenproject-8.2.2
    put_only "$fixtures/xenproject-9.1.0"
    install
    install_to_the_end
    expect 'upgrade: it can be done again' 0 "$exit_code"
    expect_release 'upgrade, again' xenproject-9.1.0
    put_packages "$dir" "$fixtures/xenproject-8.2.2"
    snapshot between
    install
    expect 'downgrade: not by itself' 0 "$exit_code"
    install --source xenproject-8.2.2
    expect 'downgrade: when asked for without consent: exit 8' 8 "$exit_code"
    expect_says 'downgrade: it says what would allow it' "$dir/.guest/out" '--allow-downgrade'
    install --source xenproject-8.2.2 --allow-downgrade
    expect 'downgrade: on request' 3010 "$exit_code"
    cp "$dir/.guest/err" "$dir/.guest/downgrade.err"
    install_to_the_end
    expect 'downgrade: it ends well' 0 "$exit_code"
    put_only "$fixtures/xenproject-8.2.2"
    expect_release 'downgrade' xenproject-8.2.2
    remove_to_the_end
    expect 'upgrade: removed' '0 removed' "$exit_code $(jq -r .state "$dir/$state/journal.json")"
    expect_nothing_left 'upgrade: removed'
    put_only
    put_packages "$dir" "$fixtures/xenproject-8.2.2"
    expect_as_before 'upgrade: registry and files are as before the first installation'
    done_with
}

# GPLPV over an older GPLPV of the same family. Only one release of each family is made, so the manifest of this guest calls
# the author's 0.11.0.372 one of Univention's, whose 0.11.0.373 follows it.
scenario_upgrade_gplpv() {
    new_guest upgrade_gplpv win7-x64 --xen --testsigning || return
    jq '(.releases[] | select(.id == "gplpv-0.11.0.372")) |= (.id = "older" | .family = "univention-gplpv" | .rank = 9)' \
        "$test_manifest" >"$dir/drive_c/xenpv/test-manifest.json"
    put_packages "$dir" "$fixtures/gplpv"
    put_to_sleep
    "$guest" reboot "$dir" >/dev/null 2>&1
    snapshot before
    install
    install_to_the_end
    expect 'upgrade of GPLPV: the older one is installed' '0 older' "$exit_code $(jq -r .release "$dir/$state/journal.json")"
    put_only "$fixtures/univention-like"
    install --json
    expect 'upgrade of GPLPV: it is begun by itself, and asks for a restart' '3010 upgrade' "$exit_code $(jq -r .decision.word "$dir/.guest/out")"
    install_to_the_end
    expect 'upgrade of GPLPV: it ends well' '0 univention-gplpv-0.11.0.373' "$exit_code $(jq -r .release "$dir/$state/journal.json")"
    xenpv status --json
    expect 'upgrade of GPLPV: status has nothing against it' '0 ' "$exit_code $(complaints)"
    expect 'upgrade of GPLPV: every driver runs, and is the new one' 'XenNet XenPCI XenVbd 0.11.0.373' "$(jq -r '
        [.facts.services[] | select(.running and (.name | test("^Xen(PCI|Vbd|Net)$"; "i"))) | .name] as $run
        | [.facts.devices[] | select(.service as $s | $run | map(ascii_downcase) | index($s // "" | ascii_downcase)) | .driver_version] as $versions
        | ($run | sort_by(ascii_downcase) | join(" ")) + " " + ($versions | unique | join(" "))' "$dir/.guest/out")"
    install
    expect 'upgrade of GPLPV: one more run finds nothing to do' '0 univention-gplpv-0.11.0.373' "$exit_code $(jq -r .release "$dir/$state/journal.json")"
    remove_to_the_end
    expect 'upgrade of GPLPV: removed' '0 removed' "$exit_code $(jq -r .state "$dir/$state/journal.json")"
    expect_nothing_left 'upgrade of GPLPV: removed'
    put_only "$fixtures/gplpv"
    expect_as_before 'upgrade of GPLPV: registry and files are as before'
    done_with
}

# One thing of a working installation is damaged: the next run puts that right, and nothing else.
damage() { # WHAT, of a guest that is off
    local drivers=$dir/drive_c/windows/system32/drivers published
    case $1 in
    "a driver's file is gone") rm "$drivers/xennet.sys" ;;
    'a published INF is gone')
        published=$(jq -r '.drivers[] | select(.name == "xenvif") | .published' "$dir/$state/journal.json")
        rm "$dir/drive_c/windows/inf/$published"
        ;;
    "a driver's file is of another release")
        tar -xOf "$fixtures/xenproject-8.2.2/xenbus.tar" --wildcards '*/x64/xenbus.sys' >"$drivers/xenbus.sys" ;;
    'a boot driver is started on demand') add_value 'HKLM\System\CurrentControlSet\Services\xenvbd' Start REG_DWORD 3 ;;
    'a device has lost its driver')
        run_in "$dir" "$dir/drive_c/windows/system32/reg.exe" delete \
            'HKLM\System\CurrentControlSet\Enum\XENVIF\VEN_XP0001&DEV_NET&REV_09000005\0' /v Service /f >/dev/null 2>&1
        ;;
    esac
    "$guest" shutdown "$dir"
}
# Snapshots differ in what a repair always writes: our folder, and the number that Windows counts published INFs by.
repair_leaves='ProgramData[\\/]xenpv|[Cc]at[Rr]oot|\.PNF|\.pnf|setupapi|DriverDateData'
repair_of() { # WHAT
    "$guest" shutdown "$dir"
    damage "$1"
    "$guest" boot "$dir" >/dev/null 2>&1
    xenpv status
    # Status hashes nothing: that is verify --installed.
    expect "repair, $1: status sees it" "$([ "$1" = "a driver's file is of another release" ] && echo 0 || echo 6)" "$exit_code"
    install --json
    expect "repair, $1: install repairs" 'repair' "$(jq -r .decision.word "$dir/.guest/out")"
    install_to_the_end
    expect "repair, $1: it ends well" 0 "$exit_code"
    expect_release "repair, $1" xenproject-9.1.0
    snapshot after
    diff "$dir/.guest/whole" "$dir/.guest/after" | grep '^[<>]' | grep -vE "$repair_leaves" >"$dir/.guest/diff"
    expect "repair, $1: all is as it was before the damage" '' "$(head -n 6 "$dir/.guest/diff" | tr '\n' '|')"
}
scenario_repair() {
    local what
    new_guest repair win10-x64 --xen --testsigning || return
    put_packages "$dir" "$fixtures/xenproject-9.1.0"
    put_to_sleep
    "$guest" reboot "$dir" >/dev/null 2>&1
    snapshot before
    install
    install_to_the_end
    expect 'repair: installed before' 0 "$exit_code"
    snapshot whole
    for what in "a driver's file is gone" 'a published INF is gone' 'a boot driver is started on demand' \
        'a device has lost its driver' "a driver's file is of another release"; do
        repair_of "$what"
    done
    remove_to_the_end
    expect 'repair: removed' '0 removed' "$exit_code $(jq -r .state "$dir/$state/journal.json")"
    expect_nothing_left 'repair: removed'
    expect_as_before 'repair: registry and files are as before the installation'
    done_with
}

# The bus of another release exports other revisions than its children bind, and nobody remembers who installed what: the
# complete set mends it.
scenario_skew() {
    local published
    new_guest skew win10-x64 --xen --testsigning || return
    put_packages "$dir" "$fixtures/xenproject-9.1.0"
    install
    install_to_the_end
    expect 'skew: installed before' 0 "$exit_code"
    rm -rf "${dir:?}/$state"
    xenpv detect --json
    published=$(jq -r '.devices[] | select(.instance | test("VEN_5853&DEV_0001")) | .inf' "$dir/.guest/out")
    "$guest" shutdown "$dir"
    tar -xOf "$fixtures/xenproject-8.2.2/xenbus.tar" --wildcards '*/x64/xenbus.inf' >"$dir/drive_c/windows/inf/$published"
    tar -xOf "$fixtures/xenproject-8.2.2/xenbus.tar" --wildcards '*/x64/xenbus.sys' >"$dir/drive_c/windows/system32/drivers/xenbus.sys"
    "$guest" boot "$dir" >/dev/null 2>&1
    xenpv status --json
    expect_says 'skew: status names it' "$dir/.guest/out" revision-skew
    expect 'skew: status sees it' 6 "$exit_code"
    install --json
    expect 'skew: the decision is by the version of the bus' 'upgrade true' \
        "$(jq -r '"\(.decision.word) \(.decision.allowed)"' "$dir/.guest/out")"
    expect 'skew: the complete set is installed' 3010 "$exit_code"
    install_to_the_end
    forget_absent
    install
    expect 'skew: it ends well' 0 "$exit_code"
    expect_release skew xenproject-9.1.0
    done_with
}

# add_root NAME: the made authority's certificate into the machine's Root store, as its administrator would.
add_root() {
    local pem=$fixtures/ca/$1.pem der=$dir/.guest/root.der hash size blob
    openssl x509 -in "$pem" -outform DER -out "$der"
    hash=$(sha1sum <"$der" | cut -d ' ' -f 1 | tr a-f A-F)
    size=$(stat -c %s "$der")
    # Property 32 of a serialised certificate: the certificate itself.
    blob=20000000$(printf '01000000%02x%02x0000' $((size & 255)) $((size >> 8)))$(xxd -p "$der" | tr -d '\n')
    reg_import <<END
[HKEY_LOCAL_MACHINE\\Software\\Microsoft\\SystemCertificates\\Root\\Certificates\\$hash]
"Blob"=hex:$(sed 's/../&,/g; s/,$//' <<<"$blob")
END
}

# How many of the machine's trusted publishers have this thumbprint, in the registry as it lies on the disk.
count_trusted() {
    snapshot now
    grep -ciE "^key .*SystemCertificates.*TrustedPublisher.*Certificates.*$1\$" "$dir/.guest/now"
}

# --trust-publisher: the signer's leaf and nothing else, told in advance, and taken back by rollback and by remove.
scenario_trust() {
    local leaf roots
    new_guest trust win7-x64 --xen --testsigning || return
    put_packages "$dir" "$fixtures/gplpv"
    leaf=$(openssl x509 -in "$fixtures/ca/gplpv.pem" -outform DER | sha1sum | cut -d ' ' -f 1)
    install --trust-publisher --dry-run
    expect_says 'trust: without a trusted root it is of no use' "$dir/.guest/out" 'install: prompts (publisher)'
    expect 'trust: and so is not planned' 0 "$(grep -c 'trust the publisher' "$dir/.guest/out")"
    add_root gplpv # self-signed: the leaf is its own root
    install --dry-run
    expect_says 'trust: Windows would ask' "$dir/.guest/out" 'install: prompts (publisher)'
    install --trust-publisher --dry-run
    expect 'trust: --dry-run: exit 0' 0 "$exit_code"
    expect_says 'trust: --dry-run predicts that Windows will not ask' "$dir/.guest/out" 'install: silent (trusted-publisher)'
    expect_says 'trust: --dry-run shows the step' "$dir/.guest/out" "trust the publisher '"
    expect 'trust: --dry-run adds nothing' 0 "$(count_trusted "$leaf")"
    roots=$(grep -ciE '^key .*SystemCertificates.*Root.*Certificates' "$dir/.guest/now")
    install --trust-publisher
    expect 'trust: installed' 3010 "$exit_code"
    expect_says 'trust: the report says what was added' "$dir/.guest/out" "(SHA-1 $leaf) added to LocalMachine\\TrustedPublisher"
    expect 'trust: the leaf is in the store' 1 "$(count_trusted "$leaf")"
    expect 'trust: it alone' 1 "$(grep -ciE '^key .*SystemCertificates.*TrustedPublisher.*Certificates.*[0-9A-F]{40}$' "$dir/.guest/now")"
    expect 'trust: Root is as before' "$roots" "$(grep -ciE '^key .*SystemCertificates.*Root.*Certificates' "$dir/.guest/now")"
    xenpv rollback
    expect 'trust: rolled back' 0 "$exit_code"
    expect 'trust: rollback takes the leaf out' 0 "$(count_trusted "$leaf")"
    expect 'trust: and the journal has nothing on trust any more' 0 "$(jq '.trust | length' "$dir/$state/journal.json")"
    install --trust-publisher
    "$guest" reboot "$dir" >/dev/null 2>&1
    install
    expect 'trust: confirmed' 0 "$exit_code"
    xenpv detect --json
    expect 'trust: the facts name the publisher' "$leaf" "$(jq -r '.integrity.trusted_publishers[]' "$dir/.guest/out")"
    remove_to_the_end
    expect 'trust: removed' 0 "$exit_code"
    expect 'trust: remove takes the leaf out' 0 "$(count_trusted "$leaf")"
    done_with
}

# xenbus_monitor neither asks nor restarts while the job is open, and is then as the administrator has it.
scenario_monitor() {
    local key='HKLM\System\CurrentControlSet\Services\xenbus_monitor'
    new_guest monitor win10-x64 --xen --testsigning || return
    put_packages "$dir" "$fixtures/xenproject-9.1.0"
    add_value "$key\\Parameters" AutoReboot REG_DWORD 3
    auto_reboot() { run_in "$dir" reg query "$key\\Parameters" /v AutoReboot /reg:64 2>/dev/null | tr -d '\r' | sed -n 's/.*REG_DWORD *//p'; }
    expect 'monitor: the administrator lets it restart three times' 0x3 "$(auto_reboot)"
    install
    expect 'monitor: installed' 3010 "$exit_code"
    expect 'monitor: before the restart it is switched off' '0x4 0x0' "$(service_start xenbus_monitor) $(auto_reboot)"
    expect 'monitor: and does not run' 1 "$(run_in "$dir" sc query xenbus_monitor 2>/dev/null | grep -c 'STATE.*1 *STOPPED')"
    expect 'monitor: the journal has what was there' 'false 3' \
        "$(jq -r '.monitor | "\(.existed) \(.auto_reboot)"' "$dir/$state/journal.json")"
    "$guest" reboot "$dir" >/dev/null 2>&1
    expect 'monitor: after the restart it is still switched off' '0x4 0x0' "$(service_start xenbus_monitor) $(auto_reboot)"
    install
    expect 'monitor: confirmed' 0 "$exit_code"
    expect 'monitor: then it is as its INF has it, and the value is back' '0x2 0x3' "$(service_start xenbus_monitor) $(auto_reboot)"
    install
    expect 'monitor: one more run finds nothing to do' 0 "$exit_code"
    xenpv rollback
    expect 'monitor: rolled back' 0 "$exit_code"
    expect 'monitor: the service is gone, the value stays' ' 0x3' "$(service_start xenbus_monitor) $(auto_reboot)"
    done_with
}

# One page and one zip of a guest on which drivers were installed; names stay at home.
scenario_collect() {
    new_guest collect win10-x64 --xen --testsigning || return
    put_packages "$dir" "$fixtures/xenproject-9.1.0"
    xenpv detect --json
    cp "$dir/.guest/out" "$dir/.guest/facts.json"
    xenpv report --html 'C:\xenpv\fresh.html'
    "$root/build/native/xenpv" report --facts "$dir/.guest/facts.json" --html "$dir/.guest/fresh.html" >"$dir/.guest/replay" 2>"$dir/.guest/err"
    expect 'report: the facts replay on Linux byte for byte' "$(sha256sum <"$dir/.guest/out")" "$(sha256sum <"$dir/.guest/replay")"
    expect 'report: and so does the page' "$(sha256sum <"$dir/drive_c/xenpv/fresh.html")" "$(sha256sum <"$dir/.guest/fresh.html")"
    snapshot before
    xenpv collect 'C:\xenpv\guest.zip'
    rm -f "$dir/drive_c/xenpv/guest.zip"
    expect_unchanged 'collect: nothing but its file is written'
    install
    xenpv status --log 'C:\ProgramData\xenpv\xenpv.log' --manifest 'C:\xenpv\missing.json'
    local user
    user=$(basename "$(ls -d "$dir"/drive_c/users/*/ | grep -v Public | head -n 1)")
    mkdir -p "$dir/drive_c/windows/inf"
    printf '>>>  [Device Install - XENBUS]\r\n  by C:\\Users\\%s\\xenvbd.inf of S-1-5-21-1-2-3-1001\r\n  on behalf of %s\r\n' "$user" "$user" \
        >"$dir/drive_c/windows/inf/setupapi.dev.log"
    xenpv report --html 'C:\xenpv\report.html' --json
    expect 'report: exits as status does' 3010 "$exit_code"
    expect_says 'report: the page has the status' "$dir/drive_c/xenpv/report.html" '! needs-restart'
    expect_says 'report: the page has the journal' "$dir/drive_c/xenpv/report.html" '<h2>Journal</h2>'
    expect_says 'report: the page has the stack' "$dir/drive_c/xenpv/report.html" '<title>Driver stack</title>'
    xenpv collect 'C:\xenpv\guest.zip'
    expect 'collect: exit 0' 0 "$exit_code"
    cp "$dir/drive_c/xenpv/guest.zip" "$dir/.guest/guest.zip"
    rm -rf "$dir/.guest/zip"
    python3 -m zipfile -e "$dir/.guest/guest.zip" "$dir/.guest/zip"
    expect 'collect: its files' 'CONTENTS.txt facts.json journal/journal.json logs/setupapi.dev.log logs/xenpv.log report.html report.json report.txt' \
        "$(cd "$dir/.guest/zip" && find . -type f | sed 's|^\./||' | LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//')"
    expect_says "collect: SetupAPI's log is without names" "$dir/.guest/zip/logs/setupapi.dev.log" \
        'C:\Users\(user)\xenvbd.inf of S-1-5-21-(user)'
    expect "collect: SetupAPI's log does not name the user" '  on behalf of (user)' "$(tail -n 1 "$dir/.guest/zip/logs/setupapi.dev.log" | tr -d '\r')"
    expect 'collect: nor does any other file' '' "$(grep -rliw -- "$user" "$dir/.guest/zip" | tr '\n' ' ')"
    expect 'collect: the journal is a journal' restart-needed "$(jq -r .state "$dir/.guest/zip/journal/journal.json")"
    expect 'collect: the facts replay' needs-restart \
        "$(jq -r .status.word "$dir/.guest/zip/report.json")"
    "$root/build/native/xenpv" detect --json --facts "$dir/.guest/zip/facts.json" >"$dir/.guest/again.json" 2>"$dir/.guest/err"
    expect 'collect: the facts are facts' "$(sha256sum <"$dir/.guest/zip/facts.json")" "$(sha256sum <"$dir/.guest/again.json")"
    xenpv collect 'C:\xenpv\report.html'
    expect 'collect: a file that is there stays: exit 2' 2 "$exit_code"
    expect_says 'collect: and says what replaces it' "$dir/.guest/err" '--force'
    done_with
}

# Wrong types, odd lengths, things that are gone: every answer is an unknown or a finding, and it ends.
scenario_facts_broken() {
    local services='HKEY_LOCAL_MACHINE\System\CurrentControlSet\Services' enum='HKEY_LOCAL_MACHINE\System\CurrentControlSet\Enum'
    local class='HKEY_LOCAL_MACHINE\System\CurrentControlSet\Control\Class' i
    new_guest facts_broken win7-x64 --xen || return
    {
        for ((i = 0; i < 10000; i++)); do
            printf '[%s\\XENBUS\\VEN_XP0001&DEV_VIF\\%d]\n"ClassGUID"="{4d36e97d-e325-11ce-bfc1-08002be10318}"\n\n' "$enum" "$i"
        done
        cat <<END
[$services\xenbus]
"Type"="one"
"Start"=hex:00,00,00
"ImagePath"=dword:00000001
"Group"=hex(7):41

[$services\xenvbd]
"Type"=dword:00000001

[$services\xenvif]
"Type"=dword:ffffffff
"Start"=dword:ffffffff
"ImagePath"=hex(2):41,00,42

[$services\xeniface]
"Type"=dword:00000001
"Start"=dword:00000003
"ImagePath"="system32\\drivers\\gone.sys"

[$services\XEN\Unplug]
"NICS"="many"
"DISKS"=hex(7):

[$class\{4d36e97d-e325-11ce-bfc1-08002be10318}]
"UpperFilters"=dword:00000007

[$class\{4d36e97d-e325-11ce-bfc1-08002be10318}\0042]
"InfPath"="oem77.inf"
"ProviderName"=hex:ff
"DriverVersion"=hex(7):

[$enum\XENBUS\VEN_XP0001&DEV_VBD\_]
"ClassGUID"="{4d36e97d-e325-11ce-bfc1-08002be10318}"
"HardwareID"=hex(7):58,00,45
"CompatibleIDs"=dword:00000001
"Service"=hex:00
"Driver"="{4d36e97d-e325-11ce-bfc1-08002be10318}\\0042"
END
    } | reg_import
    printf '\xff\xfe\x3e' >"$dir/drive_c/windows/inf/setupapi.dev.log"
    head -c 70000 /dev/zero | tr '\0' '!' >"$dir/drive_c/windows/setupapi.log"
    xenpv detect --json
    expect 'broken: with 10,000 nodes, detection ends by itself and well' 0 "$exit_code"
    expect 'broken: devices are cut, and it is said' '1024 partial' "$(jq -r '"\(.devices | length) \(.devices_reading)"' "$dir/.guest/out")"
    expect 'broken: a start of a wrong length is not known' null "$(jq '.services[] | select(.name == "xenbus") | .start' "$dir/.guest/out")"
    expect 'broken: a service without an ImagePath is looked for by its name' 'C:\windows\System32\drivers\xenvbd.sys false' \
        "$(jq -r '.services[] | select(.name == "xenvbd") | "\(.file) \(.image_exists)"' "$dir/.guest/out")"
    expect 'broken: a driver file that is gone' false "$(jq '.services[] | select(.name == "xeniface") | .image_exists' "$dir/.guest/out")"
    expect 'broken: a number that is a text is no number' 'null many' \
        "$(jq -r '.values[] | select(.name == "NICS" and (.key | endswith("XEN\\Unplug"))) | "\(.number) \(.texts[0])"' "$dir/.guest/out")"
    expect 'broken: filters of a wrong type make them partial' partial "$(jq -r .filters_reading "$dir/.guest/out")"
    cp "$dir/.guest/out" "$dir/.guest/facts.json"
    "$root/build/native/xenpv" status --facts "$dir/.guest/facts.json" >/dev/null 2>&1
    expect 'broken: the facts replay' 6 $?
    xenpv status
    expect 'broken: and status says the same' 6 "$exit_code"
    done_with
}

# Without administrator rights: keys that Windows' owner has guarded are refused, by Wine's server as by Windows. Each group
# says so, nothing of them is taken for absent, and with the rights all is there.
scenario_facts_denied() {
    local probe=$root/build/guest/bin/x86_64/probe.exe key
    local services='System\CurrentControlSet\Services' class='System\CurrentControlSet\Control\Class'
    readings() { jq -r '"\(.windows.elevated) " + ([.services_reading, .products_reading, .filters_reading, .values_reading, .restart_reading]
        | map(. // "unknown") | join(" "))' "$dir/.guest/out"; }
    new_guest facts_denied win10-x64 --xen --testsigning || return
    put_packages "$dir" "$fixtures/xenproject-9.1.0"
    install
    "$guest" reboot "$dir" >/dev/null 2>&1
    install
    expect 'denied: installed' 0 "$exit_code"
    printf '[HKEY_LOCAL_MACHINE\\%s\\XEN\\Unplug]\n"DISKS"=dword:00000001\n' "$services" | reg_import
    printf '[HKEY_LOCAL_MACHINE\\%s\\{4d36e97b-e325-11ce-bfc1-08002be10318}]\n"UpperFilters"=hex(7):78,00,00\n' "$class" | reg_import
    for key in "$services\\xenvbd" "$services\\XEN\\Unplug" "$class\\{4d36e97b-e325-11ce-bfc1-08002be10318}" \
        'Software\Microsoft\Windows\CurrentVersion\Uninstall' 'System\CurrentControlSet\Control\Session Manager'; do
        run_in "$dir" "$probe" guard "$key" 'D:P(A;;KA;;;BA)(A;;KA;;;SY)' >/dev/null 2>&1
        expect "denied: guarded: ${key##*\\}" 0 "$exit_code"
    done
    xenpv detect --json
    expect 'denied: an administrator reads all' 'true full full full full full' "$(readings)"
    cp "$dir/.guest/out" "$dir/.guest/facts.json"
    run_as_user detect --json
    expect 'denied: detect as a user: exit 0' 0 "$exit_code"
    expect 'denied: each group says what it lacks' 'false needs-elevation needs-elevation needs-elevation needs-elevation partial' "$(readings)"
    expect 'denied: a service that is refused is none that is not there' false "$(jq '[.services[].name] | any(. == "xenvbd")' "$dir/.guest/out")"
    expect 'denied: nor is a value' 'null' \
        "$(jq '.values[] | select(.name == "DISKS" and (.key | endswith("XEN\\Unplug"))) | .exists' "$dir/.guest/out")"
    expect 'denied: the devices are the same' "$(jq -c '[.devices[] | [.instance, .service]]' "$dir/.guest/facts.json")" \
        "$(jq -c '[.devices[] | [.instance, .service]]' "$dir/.guest/out")"
    run_as_user status --json
    expect 'denied: status as a user: what decides was refused, so nothing is said' '6 unknown' \
        "$exit_code $(jq -r '.status.word // "unknown"' "$dir/.guest/out")"
    expect 'denied: and that is told of the services' 'reading: needs-elevation' \
        "$(jq -r '.status.findings[] | select(.code == "services-unread") | .evidence[]' "$dir/.guest/out")"
    expect 'denied: no driver counts as gone' 0 \
        "$(jq '[.status.findings[].code | select(IN("driver-service-missing", "driver-not-at-boot", "no-pv-drivers"))] | length' "$dir/.guest/out")"
    expect 'denied: what was not read is named, and for whom' \
        'filters: needs an administrator|products: needs an administrator|restarts: read in part|values: needs an administrator' \
        "$(jq -r '[.status.findings[] | select(.code == "facts-unread") | .evidence[]] | sort | join("|")' "$dir/.guest/out")"
    done_with
}

# The same way back by a removal, which knows nothing of how it was before but what the PV adapter has.
network_removal() { # NAME WANTED [DHCP]
    local name="network removal, $1"
    network_guest "network_removal_$1" "${@:3}" || return
    snapshot before
    install
    bring_up_pv "$name" || return
    install
    [ "$exit_code" != 3010 ] || { "$guest" reboot "$dir" >/dev/null 2>&1; install; }
    expect "$name: installed" 0 "$exit_code"
    expect "$name: the PV adapter has the settings" "${2/emulated/pv}" "$(adapter_of "$pv_guid")"
    xenpv remove --manifest 'C:\xenpv\test-manifest.json' --allow-unsigned-manifest --no-continue /norestart /quiet
    expect "$name: the first run asks for a restart" 3010 "$exit_code"
    expect "$name: and has changed no settings yet" "${2/emulated/pv}" "$(adapter_of "$pv_guid")"
    rm "$dir/.guest/unplugged"
    touch "$dir/.guest/no-pv"
    "$guest" reboot "$dir" >/dev/null 2>&1
    remove_to_the_end
    expect "$name: removed" '0 removed' "$exit_code $(jq -r .state "$dir/$state/journal.json")"
    expect "$name: the emulated adapter is at work with the settings" "$2" "$(adapter_of "$emulated_guid")"
    snapshot after
    expect "$name: and it has each value that it had" \
        "$(settings_of "$emulated_guid" before | sha256sum)" "$(settings_of "$emulated_guid" after | sha256sum)"
    expect "$name: no adapter of the drivers is left" '' "$(adapter_of "$pv_guid")"
    done_with
}
scenario_network_removal() {
    network_removal static '00:16:3e:01:02:03 emulated false 192.0.2.5/255.255.255.0 192.0.2.6/255.255.255.0'
    network_removal dhcp '00:16:3e:01:02:03 emulated true ' dhcp
}

# Each Windows is posed as in the table of matrix.sh.
scenario_selftest() { "$here/selftest.sh" --quick; }

# The script for whoever has a real Windows.
# shellcheck source=tests/windows/scenario.sh
. "$root/tests/windows/scenario.sh"

# ---- all of them, some at a time, the longest first ---------------------------------------------------------------------------------

scenarios=(selftest kills kills_after_restart via_msi windows_script_win10 windows_script_xp removal_kills network network_removal continuation removal_continuation
    removal_foreign trust upgrade repair upgrade_gplpv skew boot_entry boot_ini pending moment replay collect eventlog publish monitor xenproject platform not_xen
    refusals installed decisions rollback alone handover removal removal_products via_msi_none facts_broken facts_denied)
[ $# -eq 0 ] || scenarios=("$@")
mkdir -p "$scratch"
make_fixtures || { echo "not ok fixtures: tests/fixtures/make.sh failed"; exit 1; }
reason=$("$guest" cpuid-probe 2>&1) || {
    for name in "${scenarios[@]}"; do echo "skip guest/$name: ${reason:-CPUID cannot be simulated here}"; done
    exit 0
}
run_scenario() {
    local out=$scratch/$1.out
    "scenario_$1" >"$out.part" 2>"$scratch/$1.log"
    grep -qE '^(ok|not ok|skip) ' "$out.part" || echo "not ok $1: showed nothing ($(tail -n 1 "$scratch/$1.log"))" >>"$out.part"
    mv "$out.part" "$out"
}
rm -f "$scratch"/*.out
running=0
for name in "${scenarios[@]}"; do
    [ "$running" -lt "${GUEST_JOBS:-$(($(nproc) + 1))}" ] || { wait -n; running=$((running - 1)); }
    run_scenario "$name" &
    running=$((running + 1))
done
wait
for name in "${scenarios[@]}"; do cat "$scratch/$name.out"; done
! cat "$scratch"/*.out | grep -q '^not ok'

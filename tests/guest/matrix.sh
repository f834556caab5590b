#!/bin/bash
# The Windows x family x step table: matrix.sh [--write] [WINDOWS...]
#
# On each Windows that this Wine can pose as, with the program that is made for it: each family that the manifest calls
# eligible there goes through an unattended installation and its removal, each by a guest of its own; each that is not
# is refused, and nothing has changed. Prints "ok guest-matrix/..." for each row, then the table, which has to be
# matrix.txt beside this script; --write writes it. Guests share nothing but read-only files, so some run at a time:
# GUEST_JOBS, one more than there are processors if it is not given, since a guest also waits.
#
# A cell is "ok", the exit code of a run that is refused or failed, or "-" for what was not done; after a row stands why.
#   detect   it sees Xen and the Windows that is posed as
#   plan     it chooses the family that is asked for (exit 0), or says that there is nothing (exit 8)
#   install  exits with 3010: a restart is needed
#   restart  Plug and Play starts every driver that the package brings
#   resume   the continuation, a service, goes on by itself, and the journal says "installed"
#   status   exits with 0; each driver of a Xen device runs, and there is no error
#   verify   verify --installed: each driver package that this Windows uses is intact
#   remove   exits with 3010
#   restart, resume   as above; run by hand, and the journal says "removed"
#   same     registry and files are as before the installation but for what removal-leaves.txt tells; where it was
#            refused: without any but
#   unseen   no run read a byte of its standard input, where an answer lay ready, and none made a window, the service
#            included: Wine has no display here, so each attempt fails and is logged ("watch" proves that it is)
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
guest=$here/guest.sh
# shellcheck source=tests/guest/common.sh
. "$here/common.sh"
# shellcheck source=tests/guest/states.sh
. "$here/states.sh"
scratch=$root/build/guest-matrix
columns='windows program family detect plan install restart resume status verify remove restart resume same unseen why'
families='gplpv univention-gplpv xenproject'
manifest=(--manifest 'C:\xenpv\test-manifest.json')
unattended=("${manifest[@]}" --allow-unsigned-manifest /norestart /quiet)

# ---- what is watched while xenpv runs ------------------------------------------------------------------------------

export GUEST_WINEDEBUG='-all,+pid,err+winediag,trace+process'

# windows_in FILE: how many windows programs tried to make. Not counted are Wine's own desktop, which any look at the desktop
# starts, and its debugger with the console that it starts: on a busy machine Wine's own winebus.sys crashes now and then as
# it starts. Who crashes else is known by the exit code.
windows_in() {
    awk '{ split($0, part, ":") }
        /NtCreateUserProcess.*" pid / && (/(explorer|winedbg)\.exe" pid / || part[1] in own) {
            sub(/.*" pid /, ""); own[$1] = 1; next }
        /:err:winediag:nodrv_CreateWindow Application/ && !(part[1] in own) { made++ }
        END { print made + 0 }' "$1"
}

# run_watched PROGRAM ARGUMENTS...: output in out and err of the guest; sets exit_code, adds to windows_made and read_bytes.
run_watched() {
    local log=$dir/.guest/watched position
    exec {answers}<"$scratch/answer"
    input=$answers run_in "$dir" "$@" >"$dir/.guest/out" 2>"$log"
    read -r _ position <"/proc/self/fdinfo/$answers"
    exec {answers}<&-
    read_bytes=$((read_bytes + position))
    windows_made=$((windows_made + $(windows_in "$log")))
    grep -vE '^[0-9a-f]{4}:([0-9a-f]{4}:)?(trace|err|warn):' "$log" >"$dir/.guest/err"
}
xenpv() { run_watched 'C:\xenpv\xenpv.exe' "$@"; }

# The service's attempts are in the log of its session.
reboot_watched() {
    windows_made=$((windows_made + $(windows_in "$dir/.guest/session.log")))
    "$guest" reboot "$dir" >"$dir/.guest/reboot" 2>&1
}

# ---- the steps of a row --------------------------------------------------------------------------------------------

# must STEP WANTED HAVE CELL: the step is ok; else its cell is CELL, and why says what was expected.
must() {
    if [ "$2" = "$3" ]; then
        cells+=("${5:-ok}")
        return 0
    fi
    cells+=("$4")
    why="$1: expected '$2', got '$3'$(tail -n 1 "$dir/.guest/err" | sed 's/^\(.\)/: \1/')"
    return 1
}

from_out() { jq -r "$1" "$dir/.guest/out" 2>/dev/null; }
journal() { jq -r "$1" "$dir/$state/journal.json" 2>/dev/null; }

what_was_seen='"\(.platform.hypervisor) \(.windows.major).\(.windows.minor) \(.windows.build) \(.windows.revision // "-") \(.windows.service_pack) \(.windows.type) \(.windows.architecture)"'
what_is_posed_as() {
    awk -F '\t' -v name="$windows" '$1 == name {
        print "xen", $2, $3, $4, $5, ($6 == 1 ? "workstation" : "server"), $7 }' "$here/windows.tsv"
}

step_detect() {
    xenpv detect --json
    must detect "0 $(what_is_posed_as)" "$exit_code $(from_out "$what_was_seen")" "$exit_code"
}

step_plan() { # RELEASE
    xenpv plan --json --source "$family" --packages "$packages" "${manifest[@]}"
    must plan "0 $1" "$exit_code $(from_out '.choice.candidates[.choice.chosen].release')" "$exit_code"
}

step_install() {
    xenpv install --source "$family" --packages "$packages" "${unattended[@]}"
    must install 3010 "$exit_code" "$exit_code"
}

# Of the emulated disk's drivers only the names are there.
step_restart() { # WORD
    local faults
    reboot_watched
    faults=$(grep 'cannot start' "$dir/.guest/reboot" | grep -vcE "'(intelide|atapi)'")
    must "$1" 0 "$faults" failed
}

# ends: how often the continuation has said how it ended.
ends() { local n; n=$(grep -cs 'resume: .*exit [0-9]*)' "$dir/$state/xenpv.log"); echo "${n:-0}"; }
await_end() { # COUNT-BEFORE
    local tick
    for ((tick = 0; tick < 600; tick++)); do
        [ "$(ends)" -le "$1" ] || return 0
        nap 0.1
    done
}

step_resume() {
    local before=0 restarts=0
    await_end 0
    while [ "$(journal .state)" = restart-needed ] && [ $((restarts += 1)) -le 3 ]; do
        before=$(ends)
        reboot_watched
        await_end "$before"
    done
    must resume installed "$(journal .state)" "$(journal .state)"
}

expected_drivers() { if [ "$family" = xenproject ]; then echo xenbus xeniface xennet xenvbd xenvif; else echo XenNet XenPCI XenVbd; fi; }
step_status() {
    xenpv status --json
    record_state healthy
    must status "0 $(expected_drivers), 0 errors" "$exit_code $(from_out '
        [.facts.devices[] | select(.instance | test("VEN_5853&DEV_0001|^XEN")) | .service | ascii_downcase] as $bound
        | [.facts.services[] | select(.running and (.name | ascii_downcase | IN($bound[]))) | .name]
        | sort_by(ascii_downcase) | join(" ")'), $(from_out '[.status.findings[] | select(.severity == "error")] | length') errors" "$exit_code"
}

step_verify() {
    xenpv verify --installed --json
    must verify "0 $(expected_drivers | wc -w) intact" "$exit_code $(from_out '
        [.results[].packages[].integrity] | "\(length) \(unique | join(" "))"')" "$exit_code"
}

step_remove() {
    xenpv remove --no-continue "${unattended[@]}"
    must remove 3010 "$exit_code" "$exit_code"
}

step_finish() {
    local restarts=0
    xenpv resume "${unattended[@]}"
    while [ "$exit_code" = 3010 ] && [ $((restarts += 1)) -le 3 ]; do
        reboot_watched
        xenpv resume "${unattended[@]}"
    done
    must 'resume (of the removal)' '0 removal removed' "$exit_code $(journal '"\(.job) \(.state)"')" "$exit_code"
}

step_same() { # FILTER: reads what differs, prints what may not
    windows_made=$((windows_made + $(windows_in "$dir/.guest/session.log")))
    "$guest" snapshot "$dir" "$dir/.guest/after"
    diff "$before" "$dir/.guest/after" | grep '^[<>]' | "$@" >"$dir/.guest/diff"
    must same '' "$(head -n 6 "$dir/.guest/diff" | tr '\n' '|')" changed
}

step_unseen() { must unseen '0 windows, 0 bytes read' "$windows_made windows, $read_bytes bytes read" seen; }

# ---- rows ----------------------------------------------------------------------------------------------------------

# begin_row FAMILY, then the steps, then end_row REASON.
begin_row() {
    family=$1 why='' windows_made=0 read_bytes=0
    cells=()
}
end_row() {
    local name=guest-matrix/$windows/$program/$family
    while [ ${#cells[@]} -lt 12 ]; do cells+=(-); done
    if [ -z "$why" ]; then echo "ok $name"; else echo "not ok $name: $why"; fi
    printf '%s\t' "$windows" "$program" "$family" "${cells[@]}" >>"$rows"
    printf '%s\n' "${why:-$1}" >>"$rows"
}

# A guest for one row, as it was before.
copy_base() {
    dir=$scratch/$windows/$1
    "$guest" copy "$base" "$dir" && mkdir -p "$dir/drive_c/xenpv"
}

row_of_eligible() { # FAMILY RELEASE
    begin_row "$1"
    packages='C:\xenpv\packages'"\\$1"
    copy_base "$1" || { why='the guest cannot be copied'; end_row ''; return; }
    step_detect && step_plan "$2" && step_install && ask_state installed && step_restart restart && step_resume &&
        step_status && step_verify && step_states && step_remove && ask_state removed &&
        step_restart 'restart (of the removal)' && ask_state removed-restarted && step_finish && ask_state removed-finished &&
        step_same without_leaves && step_unseen
    end_row "$2"
    keep_or_delete
}

without_leaves() { grep -vEf "$scratch/leaves"; }

# What is asked for in vain is refused by plan and install; all of these share a guest, which nothing may change.
rows_of_refused() { # ARGUMENTS OF THE FAMILY=REASON...
    local one lines=()
    before=$scratch/$windows/before.refused
    [ $# -gt 0 ] || return 0
    copy_base refused || return
    testsigning_off
    for one; do
        begin_row "${one%%=*}"
        asked=(--source "$family")
        [ "$family" != any ] || asked=()
        { step_detect && step_refused plan --packages 'C:\xenpv\packages' "${manifest[@]}" &&
            step_refused install --packages 'C:\xenpv\packages' "${unattended[@]}"; }
        lines+=("$family=${one#*=}=$why=$windows_made=$read_bytes=${cells[*]}")
    done
    begin_row same
    step_same cat
    local changed=$why
    for one in "${lines[@]}"; do
        IFS='=' read -r family reason why windows_made read_bytes one <<<"$one"
        read -ra cells <<<"$one"
        while [ ${#cells[@]} -lt 10 ]; do cells+=(-); done
        if [ -n "$why" ]; then :
        elif [ -n "$changed" ]; then why=$changed cells+=(changed)
        else cells+=(ok) && step_unseen; fi
        end_row "$reason"
    done
    why=$changed keep_or_delete
}

step_refused() { # COMMAND ARGUMENTS...
    local command=$1
    shift
    xenpv "$command" "${asked[@]}" "$@"
    must "$command" 8 "$exit_code" "$exit_code" 8
}

# What the test authority signed is for a Windows with test signing on; without it nothing is eligible on x64.
testsigning_off() {
    sed -i '/"SystemStartOptions"/s/ TESTSIGNING//' "$dir/system.reg"
    sed '/"SystemStartOptions"/s/ TESTSIGNING//' "$scratch/$windows/before" >"$before"
}

keep_or_delete() { [ -n "$why" ] || { "$guest" delete "$dir"; rm -rf "$dir"; } 2>/dev/null; }

# ---- one Windows ---------------------------------------------------------------------------------------------------

make_base() {
    local options=(--xen) name
    base=$scratch/$windows/base
    [ -z "$needs_testsigning" ] || options+=(--testsigning)
    "$guest" new "$base" "$windows" "${options[@]}" || return
    install_program "$base" >/dev/null
    for name in $families; do
        mkdir -p "$base/drive_c/xenpv/packages/$name"
        cp "$scratch/packages/$name/"* "$base/drive_c/xenpv/packages/$name/"
    done
    cp "$test_manifest" "$base/drive_c/xenpv/test-manifest.json"
    # The first start of a Windows writes what later ones do not.
    dir=$base family='' windows_made=0 read_bytes=0
    xenpv status --json
    record_state fresh
    jq -e .facts "$dir/.guest/out" >"$scratch/$windows/facts.json" || return
    before=$scratch/$windows/before
    "$guest" snapshot "$base" "$before"
}

# What the manifest says of a family here: the release that is chosen, or the reasons against the nearest, in brackets.
word_on() { # FAMILY
    "$root/build/native/xenpv" plan --json --facts "$scratch/$windows/facts.json" --manifest "$test_manifest" --source "$1" |
        jq -r --arg family "$1" '.choice
            | if .chosen != null and .chosen >= 0 and .candidates[.chosen].family == $family then .candidates[.chosen].release
              else "[" + ([.candidates[] | select(.family == $family) | .reasons]
                  | min_by([([.[] | select(.change == null)] | length), length]) | map(.code) | join(", ")) + "]" end'
}

one_windows() {
    local word refused=() eligible=()
    windows=$1 rows=$scratch/$1/rows
    mkdir -p "$scratch/$1"
    needs_testsigning=$(awk -F '\t' -v name="$1" '$1 == name && $7 == "x64" && $2 >= 6 { print "yes" }' "$here/windows.tsv")
    program=x86_64 && [[ $1 != *-x86 ]] || program=i686
    make_base || { echo "not ok guest-matrix/$1: the guest cannot be made"; return; }
    for family in $families; do
        word=$(word_on "$family")
        case $word in
            '['*) refused+=("$family=${word//[\[\]]/}") ;;
            *) row_of_eligible "$family" "$word" ;;
        esac
    done
    [ -z "$needs_testsigning" ] || refused+=('any=test signing off')
    rows_of_refused "${refused[@]}"
    "$guest" delete "$base"
}

# ---- all of them ---------------------------------------------------------------------------------------------------

# Can the watch see anything at all? One program that makes a window, one that reads.
watch() {
    windows=win10-x64 program=x86_64
    dir=$scratch/watch windows_made=0 read_bytes=0
    "$guest" new "$dir" win10-x64 --xen
    run_watched 'C:\windows\system32\notepad.exe'
    if [ "$windows_made" -gt 0 ]; then echo 'ok guest-matrix/watch: a window is seen'
    else echo "not ok guest-matrix/watch: a window is seen: notepad made one, and it was not"; fi
    run_watched 'C:\windows\system32\cmd.exe' /c 'set /p answer='
    if [ "$read_bytes" -gt 0 ]; then echo 'ok guest-matrix/watch: a read of the standard input is seen'
    else echo "not ok guest-matrix/watch: a read of the standard input is seen: cmd read, and it was not"; fi
    "$guest" delete "$dir"
}

prepare() {
    make_fixtures || { echo 'not ok guest-matrix: tests/fixtures/make.sh failed'; exit 1; }
    local name
    for name in "$scratch"/*/*/.guest; do "$guest" delete "${name%/.guest}" 2>/dev/null; done
    rm -rf "$scratch"
    mkdir -p "$scratch"/packages/{gplpv,univention-gplpv,xenproject}
    echo y >"$scratch/answer"
    cp "$fixtures"/gplpv/*.msi "$scratch/packages/gplpv/"
    cp "$fixtures"/univention-like/*.msi "$scratch/packages/univention-gplpv/"
    for name in "$fixtures"/xenproject-{8.2.2,9.1.0}/*.tar; do
        cp "$name" "$scratch/packages/xenproject/$(basename "$(dirname "$name")")-${name##*/}"
    done
    sed -n 's/^pattern: //p' "$here/removal-leaves.txt" >"$scratch/leaves"
}

# The rows as a table; with the widths of what stands in them.
table() { # COLUMNS FILE...
    { tr ' ' '\t' <<<"$1"; cat "${@:2}"; } | awk -F '\t' '
        { for (i = 1; i <= NF; i++) { cell[NR, i] = $i; if (length($i) > width[i]) width[i] = length($i) } if (NF > fields) fields = NF }
        END { for (row = 1; row <= NR; row++) {
                line = ""
                for (i = 1; i <= fields; i++) line = line sprintf("%-*s  ", width[i], cell[row, i])
                sub(/ +$/, "", line)
                print line } }'
}

# What was not asked for is not compared: other Windows, and the states of other rows.
was_asked() { # FILE
    local name
    for name in "${all[@]}"; do grep "^$name " "$1"; done |
        awk -v rows=" $state_rows " -v left_out="$(left_out)" -v states="$([ "$1" = "$here/status.txt" ] && echo yes)" '
            !states || $4 == "fresh" || $4 == "healthy" || (index(rows, " " $1 "/" $3 " ") && !index(left_out, " " $4 " "))'
}
# The rows of what was asked for anew, those of other Windows as they are.
write_table() { # HAVE WANTED
    local name
    { head -n 1 "$1"
        for name in $("$guest" windows); do
            if [[ " ${all[*]} " == *" $name "* ]]; then grep "^$name " "$1"; else grep -s "^$name " "$2"; fi
        done; } | sed 's/   */\t/g' >"$2.new"
    table "$(head -n 1 "$2.new" | tr '\t' ' ')" <(tail -n +2 "$2.new") >"$2"
    rm "$2.new"
}
compare_table() { # NAME HAVE WANTED
    if [ -n "$write" ]; then write_table "$2" "$3"; return; fi
    { head -n 1 "$3"; was_asked "$3"; } | tr -s ' ' >"$2.wanted"
    if tr -s ' ' <"$2" | diff "$2.wanted" - >"$2.diff"; then echo "ok guest-matrix/$1"
    else echo "not ok guest-matrix/$1: is not ${3#"$root/"}: $(grep '^[<>]' "$2.diff" | head -n 6 | tr '\n' '|')"; fi
}

write=
[ "${1:-}" != --write ] || { write=yes; shift; }
mapfile -t all < <("$guest" windows)
[ $# -eq 0 ] || all=("$@")
reason=$("$guest" cpuid-probe 2>&1) || { echo "skip guest-matrix: ${reason:-CPUID cannot be simulated here}"; exit 0; }
prepare
# The templates are made once, not by the first of each kind while the others wait.
running=0
for name in watch "${all[@]}"; do
    [ "$running" -lt "${GUEST_JOBS:-$(($(nproc) + 1))}" ] || { wait -n; running=$((running - 1)); }
    if [ "$name" = watch ]; then watch >"$scratch/watch.out" 2>"$scratch/watch.log" &
    else one_windows "$name" >"$scratch/$name.out" 2>"$scratch/$name.log" & fi
    running=$((running + 1))
done
wait
for name in watch "${all[@]}"; do cat "$scratch/$name.out"; done
mapfile -t folders < <(printf "$scratch/%s\n" "${all[@]}")
table "$columns" "${folders[@]/%//rows}" >"$scratch/table"
table "$state_columns" "${folders[@]/%//states}" >"$scratch/states"
cat "$scratch/table" "$scratch/states"
{ compare_table table "$scratch/table" "$here/matrix.txt"
    compare_table status "$scratch/states" "$here/status.txt"
    judge_reports; } | tee "$scratch/table.out"
! cat "$scratch"/*.out | grep -q '^not ok'

#!/bin/bash
# Golden statuses, byte for byte: status.sh [--write] [NAME...]
#
# For each guest of status.txt, `xenpv status --facts status/NAME.json` must print status/NAME.txt, and with --json the
# status of status/NAME.status.json; its own report must replay to the same bytes, no line may be wider than 80 columns
# unless one word is, and no colour may be in it. Every code of installer/status_codes.c must stand in one of them but
# those that no data of ours makes, and every failure of the field in a guest or among what a guest cannot see
# (docs/findings.md). A filter @NAME stands for the facts of xen/NAME.json, which were read on a real Xen. --write makes
# all of it anew, to be read before it is committed. XENPV names the program. Needs jq.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
xenpv=${XENPV:-build/native/xenpv}
folder=tests/golden/status
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$folder"
suite=status
# shellcheck source=tests/golden/common.sh
. tests/golden/common.sh

# What is given to the program: facts as detect writes them, or the part of a report that is read.
make_input() { # NAME FILTER
    case $2 in
        @*) cp "$(facts_file "$@")" "$work/made.json" || return ;;
        *) jq "$(cat tests/golden/machines.jq tests/golden/status.jq) $2" tests/golden/plans/fresh-win7sp1-x64.json >"$work/made.json" ||
            return ;;
    esac
    if jq -e .command "$work/made.json" >/dev/null; then
        "$xenpv" status --json --facts "$work/made.json" 2>"$work/err" | jq '{command, journal, facts}' >"$work/$1.json"
    else
        "$xenpv" detect --json --facts "$work/made.json" >"$work/$1.json" 2>"$work/err"
    fi
    [ -s "$work/$1.json" ] && ! grep -q 'does not know' "$work/err"
}

# Columns of the widest line that could have been broken: one that has a space behind its first word.
widest() { grep -E '^ *[^ ]+ .*[^ ]' "$1" | LC_ALL=C.UTF-8 awk '{ if (length($0) > most) most = length($0) } END { print most + 0 }'; }

one_guest() { # NAME CODES FILTER
    local name=$1 code missing= codes facts
    facts=$(facts_file "$1" "$3")
    make_input "$name" "$3" || { not_ok "$name.json" "its filter fails: $(head -n 1 "$work/err")"; return; }
    compare "$name.json" "$facts" "$work/$name.json"
    {
        echo "\$ xenpv status --facts $name.json"
        TERM=xterm "$xenpv" status --facts "$facts" 2>/dev/null
        echo "exit code $?"
    } >"$work/$name.txt"
    compare "$name.txt" "$folder/$name.txt" "$work/$name.txt"
    "$xenpv" status --json --facts "$facts" >"$work/report.json" 2>/dev/null
    jq .status "$work/report.json" >"$work/$name.status.json"
    compare "$name.status.json" "$folder/$name.status.json" "$work/$name.status.json"

    "$xenpv" status --json --facts "$work/report.json" >"$work/again.json" 2>/dev/null
    cmp -s "$work/again.json" "$work/report.json" ||
        not_ok "$name" 'its own report replays to another'
    [ "$(widest "$work/$name.txt")" -le 80 ] || not_ok "$name.txt" "$(widest "$work/$name.txt") columns"
    ! grep -q $'\x1b' "$work/$name.txt" || not_ok "$name.txt" 'colours in a file'
    codes=$(jq -r '.findings[].code' "$work/$name.status.json")
    for code in $2; do grep -qxF "$code" <<<"$codes" || missing+=" $code"; done
    [ -z "$missing" ] || not_ok "$name" "no finding:$missing"
}

# Fields of a line of status.txt, without spaces around them.
field() { awk -F' ?;; ?' -v n="$2" '{ print $n }' <<<"$1"; }

guests() {
    local line name
    while read -r line; do
        [[ $line == '' || $line == \#* ]] && continue
        name=$(field "$line" 1)
        [ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
        one_guest "$name" "$(field "$line" 3)" "${line##*;; }"
    done <tests/golden/status.txt
}

# Two codes are made by no data of ours: a release that ends with some Windows, and an advisory without its own code.
codes_occur() {
    local code missing=
    for code in $(tr '\n' ' ' <installer/status_codes.c | grep -oE '\] = *\{"[a-z0-9-]+"' | grep -oE '[a-z0-9-]+'); do
        case $code in windows-too-new | advisory) continue ;; esac
        grep -qF "\"code\": \"$code\"" "$folder"/*.status.json || missing+=" $code"
    done
    if [ -z "$missing" ]; then ok 'every code stands in a status'; else not_ok 'every code stands in a status' "not:$missing"; fi
}

failures_occur() {
    local failure missing= seen unseen
    seen=" $(grep -v '^#' tests/golden/status.txt | awk -F' ?;; ?' '{ print $2 }' | tr '\n' ' ') "
    unseen=" $(sed -n '/^## What a guest cannot see/,$ s/^| \([0-9]*b\?\) .*/\1/p' docs/findings.md | tr '\n' ' ') "
    for failure in $(seq 34) 34b xsn-1 xsa-468 test-signing dc; do
        case $seen in *" $failure "*) continue ;; esac
        case $unseen in *" $failure "*) continue ;; esac
        missing+=" $failure"
    done
    if [ -z "$missing" ]; then ok 'every failure has a guest, or a reason'; else not_ok 'every failure has a guest, or a reason' "not:$missing"; fi
}

stale() {
    local file name
    for file in "$folder"/*.txt; do
        name=$(basename "$file" .txt)
        grep -qF "$name ;;" tests/golden/status.txt || not_ok "$name" 'it stands in no line of status.txt'
    done
}

guests "$@"
[ $# -gt 0 ] || { codes_occur; failures_occur; stale; }

#!/bin/bash
# Golden plans, byte for byte: plans.sh [--write] [NAME...]
#
# For each machine of machines.txt, `xenpv plan --facts plans/NAME.json` must print plans/NAME.txt; for each
# Windows that has a name, with and without Secure Boot, updates and test signing, the verdict on every release
# must be that of windows.txt; and `plan --for all` must print matrix.txt. Facts are as detection writes them:
# the base was written on a simulated guest, the others are made of it by machines.jq, and each goes through
# `detect --json` unchanged. A filter @NAME stands for the facts of xen/NAME.json, which were read on a real Xen.
# --write makes all of it anew, to be read before it is committed. XENPV names the program, MANIFEST a manifest
# in place of its own. Needs jq.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.." || exit 2
xenpv=${XENPV:-build/native/xenpv}
manifest=(${MANIFEST:+--manifest "$MANIFEST"})
folder=tests/golden/plans
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
suite=golden
# shellcheck source=tests/golden/common.sh
. tests/golden/common.sh

# The facts of a machine, as detect would write them.
make_facts() { # NAME FILTER
    case $2 in
        @*) cp "$(facts_file "$@")" "$work/made.json" ;;
        *) jq "$(cat tests/golden/machines.jq) $2" "$folder/fresh-win7sp1-x64.json" >"$work/made.json" ;;
    esac &&
        "$xenpv" detect --json --facts "$work/made.json" >"$work/$1.json" 2>/dev/null
    [ -s "$work/$1.json" ]
}

one_machine() { # NAME FILTER ARGUMENTS
    local name=$1 arguments code facts
    facts=$(facts_file "$1" "$2")
    read -ra arguments <<<"$3"
    make_facts "$name" "$2" || { not_ok "$name.json" "its filter fails"; return; }
    compare "$name.json" "$facts" "$work/$name.json"
    {
        echo "\$ xenpv plan --facts $name.json${3:+ $3}"
        "$xenpv" plan --facts "$facts" "${manifest[@]}" "${arguments[@]}" 2>/dev/null
        code=$?
        echo "exit code $code"
    } >"$work/$name.txt"
    compare "$name.txt" "$folder/$name.txt" "$work/$name.txt"
}

machines() {
    local line name rest filter arguments # a text here, for one_machine to take apart
    while read -r line; do
        [[ $line == '' || $line == \#* ]] && continue
        name=${line%% ;; *} rest=${line#* ;; }
        filter=${rest%% ;;*} arguments=${rest##*;;}
        [ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
        one_machine "$name" "$filter" "${arguments# }"
    done <tests/golden/machines.txt
}

# One line for each Windows: its name, the choice, and then what is so of each release, as JSON to group by.
answers='[.windows, (.choice.candidates | group_by(.release) | map(
      (map(select(any(.reasons[]; .code == "wrong-arch") | not)) | if length > 0 then . else null end) // .
      | (sort_by(.reasons | length))[0]
      | "\(.release) \(.verdict)\(if .verdict == "rejected" then ": " + ([.reasons[].code] | join(" ")) else ", \(.set)" end)"))]'

variants_of() { # NAME
    echo "$1"
    case $1 in
        win2000* | server2000* | winxp* | server2003*) return ;;
        vista* | server2008* | win7*) echo "$1+sha2" ;;
        *) echo "$1+secureboot" ;;
    esac
    [[ $1 == *-x86 ]] || echo "$1+testsigning"
}

windows() {
    local name
    "$xenpv" plan --for all --json "${manifest[@]}" | jq -r '.rows[].windows' | sed 's/+.*//' | uniq >"$work/names"
    while read -r name; do variants_of "$name"; done <"$work/names" >"$work/variants"
    while read -r name; do
        "$xenpv" plan --for "$name" --json "${manifest[@]}" 2>/dev/null | jq -c --arg name "$name" "[\$name] + $answers"
    done <"$work/variants" >"$work/answers"
    jq -rs '"# Windows with one outcome, and the outcome for each release; made by plans.sh --write.",
        ([group_by(.[2])[]] | sort_by(.[0][2]) | .[] | "",
        (.[] | "\(.[0])  \(.[1])"), (.[0][2][] | "    " + .))' "$work/answers" >"$work/windows.txt"
    compare windows.txt tests/golden/windows.txt "$work/windows.txt"
    "$xenpv" plan --for all "${manifest[@]}" >"$work/matrix.txt"
    compare matrix.txt tests/golden/matrix.txt "$work/matrix.txt"
}

# What a reviewer compares with the sources: which bytes, from where, and by what a family is known.
listing() {
    local files=(drivers-manifest/{families,releases,advisories,windows}.json)
    [ ${#manifest[@]} -eq 0 ] || files=("$MANIFEST")
    jq -rsf tests/golden/listing.jq "${files[@]}" >"$work/listing.txt"
    compare listing.txt tests/golden/listing.txt "$work/listing.txt"
    missing=$(grep -v '^#' tests/golden/hashes.txt | while read -r hash name _; do
        grep -qF "$hash  $name" "$work/listing.txt" || echo "$name"
    done)
    if [ -z "$missing" ]; then ok 'hashes are as published'
    else not_ok 'hashes are as published' "not so: $(echo "$missing" | head -n 4 | tr '\n' ' ')"; fi
}

# Every code that a candidate can be rejected with, every word and fault of a decision, stands in some plan.
words_occur() {
    local word missing=
    for word in $(grep -ohE '#define (SELECT|INVENTORY)_[A-Z0-9_]+ "[^"]+"' drivers-manifest/{select,inventory}.h |
        grep -oE '"[^"]+"' | tr -d '"') 'Decision    '{none,install,keep,upgrade,downgrade,replace,repair}; do
        grep -rqF "$word" "$folder" --include='*.txt' || missing+=" $word"
    done
    if [ -z "$missing" ]; then ok 'every code stands in a plan'; else not_ok 'every code stands in a plan' "not:$missing"; fi
}

[ $# -gt 0 ] || listing
machines "$@"
[ $# -gt 0 ] || { windows; words_occur; }

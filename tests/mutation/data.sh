#!/bin/bash
# Would a slip of the pen in the data be noticed? data.sh [COUNT] [SEED]
#
# COUNT times (20) one field of the manifest's data is changed: of a text one character, a number grows by one, a
# truth turns round. Each changed manifest is given to `xenpv manifest check` and to the golden plans
# (tests/golden/plans.sh), the way a reviewer's machine would: lint refuses it, a plan or the table of all Windows
# comes out otherwise, or the listing that people compare with the sources differs. Prints what caught each change,
# and who survived. Exit 0 when at least nine of ten were noticed. Needs jq.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
count=${1:-20} seed=${2:-1}
xenpv=build/native/xenpv
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The data as one manifest; tables that are no part of it (the kernel's roots, Linux and BSD) are not read with it.
files=(drivers-manifest/{families,releases,advisories,windows}.json)
jq -s 'reduce .[] as $part ({}; . as $all | reduce ($part | to_entries[]) as $e ($all;
    if $e.value | type == "array" then .[$e.key] += $e.value else .[$e.key] = $e.value end))' "${files[@]}" >"$work/whole.json"
# Which fields there are: all that say something, but for the number of the schema.
jq -c '. as $all | paths(scalars) | select(. != ["schema"] and (. as $p | $all | getpath($p) != null))' "$work/whole.json" >"$work/paths"
fields=$(wc -l <"$work/paths")

# change PATH POSITION: the manifest with that field changed.
change='
    def other: explode[0] as $c
        | if $c >= 48 and $c <= 57 then ($c - 48 + 1) % 10 + 48
          elif $c >= 97 and $c <= 122 then ($c - 97 + 1) % 26 + 97
          elif $c >= 65 and $c <= 90 then ($c - 65 + 1) % 26 + 65
          else 120 end | [.] | implode;
    def changed: if type == "string" then
            if . == "" then "x" else ($at % length) as $i | .[:$i] + (.[$i:$i + 1] | other) + .[$i + 1:] end
        elif type == "number" then . + 1
        elif type == "boolean" then not
        else . end;
    setpath($path; getpath($path) | changed)'

caught_by() { # MANIFEST
    local said
    said=$("$xenpv" manifest check "$1" 2>&1)
    case $? in
        0 | 2) ;; # clean, or a program that has no such command and says so
        *) echo "lint: $(tail -n 1 <<<"$said")"; return ;;
    esac
    said=$("$xenpv" plan --for win7sp1-x64 --manifest "$1" 2>&1 >/dev/null)
    [ $? -ne 2 ] || { echo "loading: $said"; return; }
    said=$(MANIFEST=$1 tests/golden/plans.sh 2>/dev/null | grep -m 1 '^not ok')
    [ -n "$said" ] && echo "plans: ${said#not ok golden/}"
}

caught=0
for ((i = 1; i <= count; i++)); do
    line=$(awk -v n="$fields" -v s="$((seed * 100003 + i))" 'BEGIN { srand(s); rand(); print int(rand() * n) + 1 }')
    at=$(awk -v s="$((seed * 200003 + i))" 'BEGIN { srand(s); rand(); print int(rand() * 10000) }')
    path=$(sed -n "${line}p" "$work/paths")
    jq --argjson path "$path" --argjson at "$at" "$change" "$work/whole.json" >"$work/changed.json"
    where=$(jq -rn --argjson p "$path" '$p | map(tostring) | join(".")')
    what="$where: $(jq -c --argjson p "$path" 'getpath($p)' "$work/whole.json" | cut -c1-60) -> $(jq -c --argjson p "$path" 'getpath($p)' "$work/changed.json" | cut -c1-60)"
    by=$(caught_by "$work/changed.json")
    if [ -n "$by" ]; then
        caught=$((caught + 1))
        echo "caught    $what"
        echo "          ${by:0:110}"
    else
        echo "SURVIVED  $what"
    fi
done
echo "$caught of $count changes of the data were noticed (seed $seed)"
[ $((caught * 10)) -ge $((count * 9)) ]

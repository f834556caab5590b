#!/bin/bash
# What the README says of the program is what the program says of itself. Prints "ok ..." and "not ok ..." lines.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
program=build/native/xenpv
help=$($program --help)

expect() { if [ "$2" = "$3" ]; then echo "ok readme: $1"; else echo "not ok readme: $1: the README has '$2', the program '$3'"; fi; }

expect 'the exit codes are those of --help' \
    "$(sed -nE 's/^\| ([0-9]+) \| ([^|]+) \|$/\1 \2/p' README.md | tr '\n' ';')" \
    "$(sed -nE '/^exit codes:/,$ s/^ +([0-9]+)  (.*)$/\1 \2/p' <<<"$help" | tr '\n' ';')"

known=" $(sed -nE 's/^  ([a-z]+) +.*/\1/p' <<<"$help" | tr '\n' ' ') "
unknown=$(grep -oE '^(    |\$ )xenpv(\.exe)? [a-z]+' README.md | awk '{print $NF}' | sort -u |
    while read -r word; do case $known in *" $word "*) ;; *) printf '%s ' "$word" ;; esac; done)
expect 'every command that it shows exists' '' "$unknown"

missing=$(grep -oE 'make -f Makefile.mingw [a-z-]+' README.md | awk '{print $NF}' | sort -u |
    while read -r target; do grep -qE "^([a-z -]+ )?$target( [a-z -]+)?:" Makefile.mingw || printf '%s ' "$target"; done)
expect 'every make target that it shows exists' '' "$missing"

# The table of sources: Windows, chosen release, and what stands in the way of 8.2.2 once its advisories are accepted.
wrong=$(sed -nE 's/^\| `([^`]+)` \| ([^ |]+) \| ([^ |]+) \|$/\1 \2 \3/p' README.md | while read -r windows release other; do
    chosen=$($program plan --for "$windows" --json 2>/dev/null |
        jq -r '[.choice.candidates[] | select(.verdict == "chosen") | .release] | first // "none"')
    second=$($program plan --for "$windows" --source xenproject-8.2.2 --accept xsn-1 --accept xsa-468 --json 2>/dev/null |
        jq -r '[.choice.candidates[] | select(.release == "xenproject-8.2.2")
            | select([.reasons[].code] | index("wrong-arch") == null)][0]
            | if .verdict == "chosen" then "accepted" else .reasons[0].code end')
    [ "$chosen $second" = "$release $other" ] || printf '%s is %s, %s; ' "$windows" "$chosen" "$second"
done)
expect 'the table of sources is what plan answers' '' "$wrong"
rows=$(grep -cE '^\| `[^`]+` \| [^ |]+ \| [^ |]+ \|$' README.md)
if [ "$rows" -ge 18 ]; then echo "ok readme: the table of sources has its rows"; else echo "not ok readme: the table of sources has $rows rows"; fi

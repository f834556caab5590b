#!/bin/bash
# What the README says of the program is what the program says of itself. Prints "ok ..." and "not ok ..." lines.
set -uo pipefail
cd "$(dirname "$0")/../.."
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

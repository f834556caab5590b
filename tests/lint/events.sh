#!/bin/bash
# The numbers and words of our events are the same wherever they stand: the program's exit codes, the message table and
# the page about them. Prints "ok ..." and "not ok ..." lines. tests/guest/check.sh reads them from the Windows program.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2

expect() { if [ "$2" = "$3" ]; then echo "ok events: $1"; else echo "not ok events: $1: expected '$2', got '$3'"; fi; }

codes=$(build/native/xenpv --help | sed -nE '/^exit codes:/,$ s/^ +([0-9]+)  (.*)$/\1 \2/p')
numbered=$(awk '{ n = $1 < 100 ? $1 + 100 : $1; $1 = n; print }' <<<"$codes")
page() { sed -nE "s/^\| ([0-9]+) \| ([0-9]+) \| ([a-z]+) \| ([^|]+) \|$/$1/p" docs/exit-codes.md; }
messages() { awk -F '[=\r]' '/^MessageId=/ { id = $2 } /^Severity=/ { kind = tolower($2) } /^xenpv %1: / {
    sub(/^xenpv %1: /, ""); sub(/%n%n%2$/, ""); sub(/al$/, "", kind); print id, kind, $0 }' installer/events.mc; }

expect 'the page has the exit codes of --help' "$codes" "$(page '\1 \4')"
expect 'each has the number 100 + code, or its own from 100 on' "$numbered" "$(page '\2 \4')"
expect 'the message table has the numbers, levels and words of the page' "$(page '\2 \3 \4')" "$(messages)"

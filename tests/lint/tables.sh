#!/bin/bash
# Is what docs/building.md shows of the benchmarks the newest of tests/bench/history.tsv, and is that in order? Prints
# "ok ..." and "not ok ..." lines.
set -uo pipefail
export LC_ALL=C
cd "$(dirname "$0")/../.." || exit 2
history=tests/bench/history.tsv

wrong=$(awk -F '\t' '
    NF != 7 || $1 !~ /^[0-9a-f]+[+]?$/ || $2 !~ /^[a-z0-9-]+$/ || $3 !~ /^[0-9.]+$/ || $4 !~ /^([0-9.]+|-)$/ { print FNR ": " $0; next }
    ($4 == "-") != ($5 == "-") { print FNR ": a ratio wants a peer: " $0; next }
    END { if (!NR) print "0: there is none" }
    $5 != "-" && ($5 - $3 / $4 > 0.011 || $3 / $4 - $5 > 0.011) { print FNR ": that is not the ratio: " $0 }' "$history")
if [ -z "$wrong" ]; then echo "ok bench/history ($(wc -l < "$history") lines)"; else echo "not ok bench/history: line ${wrong%%$'\n'*}"; fi
if diff <(tests/bench/table.sh) <(sed -n '/^<!-- bench:begin -->$/,/^<!-- bench:end -->$/p' docs/building.md | sed '1d;$d'); then
    echo 'ok bench/table'
else
    echo 'not ok bench/table: docs/building.md shows another one; tests/bench/table.sh --write'
fi

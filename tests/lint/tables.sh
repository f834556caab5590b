#!/bin/bash
# Is what docs/building.md shows of the benchmarks and of the mutants the newest of tests/bench/history.tsv and of
# tests/mutation/scores.tsv, and is the history in order? Prints "ok ..." and "not ok ..." lines.
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
for name in bench mutation; do
    if diff <("tests/$name/table.sh") <(sed -n "/^<!-- $name:begin -->\$/,/^<!-- $name:end -->\$/p" docs/building.md | sed '1d;$d'); then
        echo "ok $name/table"
    else
        echo "not ok $name/table: docs/building.md shows another one; tests/$name/table.sh --write"
    fi
done

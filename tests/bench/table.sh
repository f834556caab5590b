#!/bin/bash
# The newest entry of each benchmark in history.tsv as a table: table.sh [--write]
#
# names.tsv says what each one is, and the order. --write puts the table into docs/building.md.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/../.."

table() {
    awk -F '\t' '
        FNR == NR { name[++count] = $1; what[$1] = $2; peer[$1] = $3; next }
        !($2 in what) { print "table: names.tsv does not say what " $2 " is" > "/dev/stderr"; bad = 1 }
        { line[$2] = $0 }
        END {
            print "| what | ours | peer | ratio | limit | commit |"
            print "|---|---|---|---|---|---|"
            for (i = 1; i <= count; i++) {
                if (!(name[i] in line)) continue
                split(line[name[i]], f, "\t")
                theirs = f[4] == "-" ? "" : f[4] " " f[7] " (" peer[name[i]] ")"
                if (f[7] == "instructions") { ours = sprintf("%.1f million", f[3] / 1e6) } else ours = f[3] " " f[7]
                limit = f[6] == "-" ? "" : f[6]; ratio = f[5] == "-" ? "" : f[5]
                print "| " what[name[i]] " | " ours " | " theirs " | " ratio " | " limit " | `" f[1] "` |"
            }
            exit bad
        }' tests/bench/names.tsv tests/bench/history.tsv
}

if [ "${1:-}" = --write ]; then table | tests/put-table.sh docs/building.md bench; else table; fi

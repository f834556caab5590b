#!/bin/bash
# What scores.tsv says of each folder as a table: table.sh [--write]
#
# --write puts it into docs/building.md. `run.sh -t` prints each module by itself.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/../.."

table() {
    awk -v enough=85 '
        FNR == 1 { file++ }
        /^#/ { next }
        file == 1 { folder = $1; sub(/\/.*/, "", folder); seen[folder]++ || order[++folders] = folder
                    all[folder] += $2 != "-"; next }
        { folder = $1; sub(/\/.*/, "", folder); measured[folder]++; caught[folder] += $2; tried[folder] += $3
          share = int(100 * $2 / $3)
          if (share < enough) { name = $1; sub(/^[^\/]*\//, "", name); sub(/\.c$/, "", name); low[folder] = low[folder] ", `" name "` " share "%" } }
        END {
            print "| folder | modules with unit tests | measured | caught of tried | below " enough "% |"
            print "|---|---|---|---|---|"
            for (i = 1; i <= folders; i++) {
                f = order[i]
                share = tried[f] ? sprintf("%d of %d (%d%%)", caught[f], tried[f], 100 * caught[f] / tried[f]) : ""
                print "| `" f "/` | " all[f] " | " measured[f] + 0 " | " share " | " substr(low[f], 3) " |"
            }
        }' tests/mutation/modules.txt tests/mutation/scores.tsv
}

if [ "${1:-}" = --write ]; then table | tests/put-table.sh docs/building.md mutation; else table; fi

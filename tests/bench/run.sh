#!/bin/bash
# Runs benchmarks and keeps what they say: run.sh [NAME...]     (plan merge verify delivery status install counts)
#
# Each prints what it likes and, for each thing measured, "bench NAME OURS PEER RATIO LIMIT UNIT": "-" where there is no
# peer, ratio or limit; the limit is one of the ratio, or where there is none, of ours. Peers are measured in the same
# run. The lines are added to history.tsv under the commit that was measured ("+": with changes). A count of instructions
# (counts.sh) that has grown by more than 5% since the last entry is warned of: that is no noise. Times on a busy machine
# are what they are; ratios suffer less. table.sh shows the newest entries, and `table.sh --write` puts them into docs/.
set -uo pipefail
export LC_ALL=C
cd "$(dirname "$0")/../.." || exit 2
history=tests/bench/history.tsv
lines=$(mktemp)
trap 'rm -f "$lines"' EXIT
[ $# -gt 0 ] || set -- plan merge verify delivery status install counts
failed=
for name; do
    case $name in plan | merge | verify | delivery | status | install | counts) ;; *) echo "run: no benchmark '$name'" >&2; exit 2 ;; esac
    echo "--- $name ---"
    "tests/bench/$name.sh" | tee -a "$lines" | grep --line-buffered -v '^bench '
    [ "${PIPESTATUS[0]}" -eq 0 ] || failed+=" $name"
done

commit=$(git rev-parse --short=10 HEAD 2> /dev/null || echo unknown)
git diff --quiet HEAD -- . ":!$history" ':!docs' 2> /dev/null || commit+=+
echo
awk -v history="$history" -v commit="$commit" '
    BEGIN {
        OFS = "\t"
        while ((getline line < history) > 0)
            if (split(line, f, "\t") == 7) { last[f[2]] = f[3]; by[f[2]] = f[1] }
    }
    $1 == "bench" && NF == 7 {
        verdict = $6 == "-" ? "" : ($5 == "-" ? $3 : $5) <= $6 + 0 ? "met" : "NOT MET"
        printf "%-32s %14s %12s %8s %8s %s %s\n", $2, $3, $4, $5, $6, $7, verdict
        if ($7 == "instructions" && ($2 in last) && $3 > 1.05 * last[$2])
            printf "warning: %s grew by %.1f%% since %s\n", $2, ($3 / last[$2] - 1) * 100, by[$2]
        print commit, $2, $3, $4, $5, $6, $7 >> history
    }' "$lines"
[ -z "$failed" ] || { echo "over a limit or ended early:$failed" >&2; exit 1; }

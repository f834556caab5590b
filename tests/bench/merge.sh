#!/bin/bash
# How long does `xenpv report --merge` take for many guests, and in how much memory?
#
#   tests/bench/merge.sh [GUESTS]      (10000)
#
# The reports are made from the facts of the golden plans: each facts file gives what `status --json` says of it (and
# `plan --json`, one in ten, which is as large as a report of `install`), copied under names and UUIDs of their own into
# folders of 500. All of the page, the CSV and the JSON are written. Fails when it takes 5 s of processor time or more
# (others may be busy here; alone, it takes less time than that), or 200 MB or more.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/../.."
guests=${1:-10000}
xenpv=build/native/xenpv
work=build/bench/merge
rm -rf "$work"
mkdir -p "$work/kinds"
cc -std=c11 -O2 -Wall -Wextra -o "$work/measure" tests/bench/measure.c

# 0 done, 1 could not finish, ...: whatever it says of the guest, it is a report.
report() { "$xenpv" "$@" --json 2> /dev/null || [ $? -ne 1 ]; }

kinds=0
for facts in tests/golden/plans/*.json; do
    report status --facts "$facts" > "$work/kinds/$kinds.json"
    report plan --facts "$facts" > "$work/kinds/$kinds.large.json"
    kinds=$((kinds + 1))
done

# awk, since 10,000 processes would take a minute.
awk -v work="$work" -v kinds="$kinds" -v guests="$guests" '
function load(file, into, key,    line, text) {
    while ((getline line < file) > 0) text = text line "\n"
    close(file)
    into[key] = text
}
BEGIN {
    for (k = 0; k < kinds; k++) {
        load(work "/kinds/" k ".json", small, k)
        load(work "/kinds/" k ".large.json", large, k)
    }
    for (i = 0; i < guests; i++) {
        folder = work "/reports/site" int(i / 500)
        if (i % 500 == 0) system("mkdir -p " folder)
        text = i % 10 == 9 ? large[i % kinds] : small[i % kinds]
        uuid = sprintf("\"system_uuid\": \"00000000-0000-4000-8000-%012d\"", i)
        sub(/"system_uuid": "[^"]*"/, uuid, text)
        file = sprintf("%s/web%d.json", folder, i)
        printf "%s", text > file
        close(file)
    }
}'
printf '%-44s %10s\n' 'reports' "$guests" 'bytes in all' "$(find "$work/reports" -name '*.json' -printf '%s\n' |
    awk '{ all += $1 } END { print all }')"

read -r wall processor memory status < <("$work/measure" 3 "$xenpv" report --merge "$work/reports" --json \
    --html "$work/guests.html" --csv "$work/guests.csv")
printf '%-44s %10s\n' 'seconds' "$wall" 'seconds of processor' "$processor" 'KB of memory' "$memory" \
    'bytes of the page' "$(stat -c %s "$work/guests.html")" 'bytes of the CSV' "$(stat -c %s "$work/guests.csv")"
echo "bench merge-$guests $processor - - 5 s"
echo "bench merge-$guests-memory $memory - - 204800 KB"
[ "$status" = 0 ] || { echo "merge: ended with $status" >&2; exit 1; }
[ "$(wc -l < "$work/guests.csv")" -eq $((guests + 1)) ] || { echo "merge: not a line for each guest" >&2; exit 1; }
awk -v processor="$processor" -v memory="$memory" 'BEGIN { exit processor < 5 && memory < 200 * 1024 ? 0 : 1 }' ||
    { echo "merge: too slow or too large" >&2; exit 1; }

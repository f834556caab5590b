#!/bin/bash
# The reports of all machines that the golden plans have, as one: `xenpv report --merge`. Prints "ok ..." and "not ok ..."
# lines; needs build/native and jq.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
xenpv=build/native/xenpv
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

expect() { if [ "$2" = "$3" ]; then echo "ok merge: $1"; else echo "not ok merge: $1: expected '$2', got '$3'"; fi; }
run() { "$xenpv" report "$@" > "$work/out" 2> "$work/err"; code=$?; }

mkdir -p "$work/in/deep/er" "$work/empty"
guests=0
for facts in tests/golden/plans/*.json; do
    "$xenpv" status --facts "$facts" --json > "$work/in/deep/$(basename "$facts")" 2> /dev/null
    guests=$((guests + 1))
done
mv "$work/in/deep/not-xen.json" "$work/in/deep/er/"
words() { jq -r '.status.word // "unknown"' "$work"/in/deep/{,er/}*.json | sort | uniq -c | awk '{ print $2, $1 }'; }

run --merge "$work/in" --json --html "$work/page.html" --csv "$work/table.csv"
cp "$work/out" "$work/all.json"
expect 'all of them can be read' "0 $guests 0" "$code $(jq -r '"\(.reports) \(.refused)"' "$work/all.json")"
expect 'the counts by status are those of the reports' "$(words)" \
    "$(jq -r '.statuses[] | "\(.word) \(.guests)"' "$work/all.json" | sort)"
expect 'the counts by finding too' \
    "$(jq -r '[.status.findings[].code] | unique[]' "$work"/in/deep/{,er/}*.json | sort | uniq -c | awk '{ print $2, $1 }')" \
    "$(jq -r '.findings[] | "\(.code) \(.guests)"' "$work/all.json" | sort)"
expect 'the page has a row for each' "$guests" "$(grep -c 'scope=row' "$work/page.html")"
expect 'the table too, and a header' $((guests + 1)) "$(grep -c $'\r$' "$work/table.csv")"
expect 'a guest has its folder in its name' deep/er/not-xen \
    "$(jq -r '.guests[] | select(.status == "not-xen") | .name' "$work/all.json")"

run --merge "$work/in" --csv -
expect 'the table alone on standard output' "$(cat "$work/table.csv")" "$(cat "$work/out")"
run --merge "$work/in" --html -
expect 'the page alone on standard output' "$(cat "$work/page.html")" "$(cat "$work/out")"

echo '{"a":1}' > "$work/in/foreign.json"
head -c 700 "$work/in/deep/keep-univention.json" > "$work/in/half.json"
: > "$work/in/empty.json"
ln -s /etc/passwd "$work/in/link.json"
echo not one > "$work/in/notes.txt"
run --merge "$work/in" --json
expect 'files that are none: exit 6, and the others are there' "6 $guests 4" \
    "$code $(jq -r '"\(.reports) \(.refused)"' "$work/out")"
expect 'they are named' 'empty.json foreign.json half.json link.json' \
    "$(jq -r '.refusals[].file' "$work/out" | sort | xargs)"
run --merge "$work/empty"
expect 'no report at all: exit 6' 6 "$code"
run --merge "$work/none"
expect 'no such folder: exit 1' 1 "$code"
run --merge "$work/in" --html "$work/none/page.html"
expect 'a page that cannot be written: exit 1' 1 "$code"

#!/bin/bash
# Runs test suites and counts: run-checks.sh [imports] [fixtures] [guest] [unit PROGRAM...]
#
# A suite prints "ok NAME", "not ok NAME: WHY" or "skip NAME: WHY" for each test, and other lines as it likes.
# One that ends badly without saying what failed, or that ran nothing, is itself a failure. The last line on
# stdout is "N passed, N failed, N skipped", before it come the skips and failures again; build/checks.summary
# has it too. Exit 0 only when something passed and nothing failed.
set -uo pipefail
cd "$(dirname "$0")/.."

results=$(mktemp)
trap 'rm -f "$results"' EXIT
mkdir -p build
rm -f build/checks.summary

# Runs a command; its lines go to stdout, its results to $results too.
suite() { # NAME COMMAND...
    local name=$1 before after failed status
    shift
    before=$(wc -l < "$results")
    "$@" | tee >(grep -E '^(ok|not ok|skip) ' >> "$results"; : > "$results.done")
    status=${PIPESTATUS[0]}
    # tee's reader may still be writing.
    until [ -e "$results.done" ]; do sleep 0.01; done
    rm -f "$results.done"
    after=$(wc -l < "$results")
    failed=$(tail -n +$((before + 1)) "$results" | grep -c '^not ok ')
    if [ "$after" -eq "$before" ]; then
        say_result "not ok $name: ran no test (exit status $status)"
    elif [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
        say_result "not ok $name: ended with status $status after the tests above"
    fi
}

say_result() { echo "$1" | tee -a "$results"; }

# Turns what one cmocka program printed in TAP, with its exit status, into our lines.
unit_results() { # NAME STATUS
    awk -v name="$1" -v status="$2" '
        # A failed test is followed by "# message" lines, the first of which says why.
        function flush() { if (failed != "") { print "not ok " name "/" failed ": " (why == "" ? "failed" : why); bad++ } failed = why = "" }
        /^1\.\.[0-9]+$/ { flush(); planned += substr($0, 4); next }
        /^not ok [0-9]+ # SKIP / { flush(); seen++; sub(/^not ok [0-9]+ # SKIP /, ""); print "skip " name "/" $0 ": " (said == "" ? "skipped by the test" : said); said = ""; next }
        /^ok [0-9]+ - / { flush(); seen++; sub(/^ok [0-9]+ - /, ""); print "ok " name "/" $0; said = ""; next }
        /^not ok [0-9]+ - / { flush(); seen++; sub(/^not ok [0-9]+ - /, ""); failed = $0; said = ""; next }
        /^# (not )?ok - / { flush(); next }
        /^# / && failed != "" { sub(/^# /, ""); why = why == "" ? $0 : why; if (why ~ /: error:/) next; if ($0 ~ /: error:/) why = why " (" $0 ")"; next }
        { if ($0 != "") said = $0 }
        END {
            flush()
            if (planned == 0) print "not ok " name ": ran no test (exit status " status ")"
            else if (seen < planned) print "not ok " name ": ended with status " status " after " seen + 0 " of " planned " tests"
            else if (status != 0 && bad == 0) print "not ok " name ": ended with status " status
        }'
}

unit() {
    local program name status output lines
    for program; do
        name=${program##*/}
        output=$(CMOCKA_MESSAGE_OUTPUT=TAP "$program" 2>&1 < /dev/null)
        status=$?
        lines=$(unit_results "$name" "$status" <<< "$output")
        # What the program said is of interest only when something failed.
        if grep -q '^not ok ' <<< "$lines"; then sed 's/^/    /' <<< "$output"; fi
        echo "$lines"
    done
}

# The test packages judged by tools that are not ours. selfcheck.sh counts what passed and names only the rest.
fixtures() {
    tests/fixtures/make.sh build/fixtures || { echo "not ok fixtures: the test packages could not be made"; return 1; }
    tests/fixtures/selfcheck.sh build/fixtures 2>&1 | awk '
        /^FAILED: / { sub(/^FAILED: /, ""); print "not ok fixtures: " $0; next }
        /^skipped: / { sub(/^skipped: /, ""); print "skip fixtures: " $0; next }
        /^[0-9]+ passed, [0-9]+ failed/ { for (i = 1; i <= $1; i++) print "ok fixtures/" i; next }
        { print }'
    return "${PIPESTATUS[0]}"
}

[ $# -gt 0 ] || { echo "usage: tests/run-checks.sh [imports] [fixtures] [guest] [unit PROGRAM...]" >&2; exit 2; }
while [ $# -gt 0 ]; do
    case $1 in
    imports) suite imports tests/lint/imports.sh build/i686/xenpv.exe build/x86_64/xenpv.exe ;;
    fixtures) suite fixtures fixtures ;;
    guest) suite guest tests/guest/check.sh ;;
    unit)
        shift
        suite unit unit "$@"
        break
        ;;
    *) echo "run-checks: there is no suite '$1'" >&2; exit 2 ;;
    esac
    shift
done

echo
grep '^skip ' "$results"
grep '^not ok ' "$results"
passed=$(grep -c '^ok ' "$results")
failed=$(grep -c '^not ok ' "$results")
skipped=$(grep -c '^skip ' "$results")
echo "$passed passed, $failed failed, $skipped skipped" | tee build/checks.summary
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]

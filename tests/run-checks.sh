#!/bin/bash
# Runs test suites and counts: run-checks.sh SUITE... [unit PROGRAM...]
#
# A suite prints "ok NAME", "not ok NAME: WHY" or "skip NAME: WHY" for each test, and other lines as it likes.
# One that ends badly without saying what failed, or that ran nothing, is itself a failure. The last line on
# stdout is "N passed, N failed, N skipped", before it come the skips and failures again; build/checks.summary
# has it too. Exit 0 only when something passed and nothing failed.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2

unit_seconds=600
results=$(mktemp)
trap 'rm -f "$results" "$results.done"' EXIT
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

# Turns what one cmocka program printed in TAP, with its exit status, into our lines. A failed test is followed by
# "# MESSAGE" lines; a skipped one stands after what the test said about it; a failed fixture of the group only shows in
# the exit status or in the number of tests.
unit_results() { # NAME STATUS
    awk -v name="$1" -v status="$2" '
        function end_of_failed() {
            if (failed == "") return
            print "not ok " name "/" failed ": " (why == "" ? "failed" : why)
            bad++
            failed = why = ""
        }
        function title() { sub(/^(not )?ok [0-9]+ (-|# SKIP) /, ""); seen++; return $0 }

        /^1\.\.[0-9]+$/            { end_of_failed(); planned += substr($0, 4); next }
        /^not ok [0-9]+ # SKIP /   { end_of_failed()
                                     print "skip " name "/" title() ": " (said == "" ? "it does not say why" : said)
                                     said = ""; next }
        /^ok [0-9]+ - /            { end_of_failed(); print "ok " name "/" title(); said = ""; next }
        /^not ok [1-9][0-9]* - /   { end_of_failed(); failed = title(); said = ""; next }
        /^# (not )?ok - /          { end_of_failed(); next }
        /^# / && failed != ""      { sub(/^# /, ""); why = why (why == "" ? "" : ", ") $0; next }
        $0 != ""                   { said = $0 }

        END {
            end_of_failed()
            after = "ended with status " status " after " seen + 0 " of " planned + 0 " tests"
            if (planned == 0 || seen < planned || (status != 0 && bad == 0)) print "not ok " name ": " after
        }'
}

unit_one() { # PROGRAM
    local name=${1##*/} status output lines
    output=$(CMOCKA_MESSAGE_OUTPUT=TAP timeout "$unit_seconds" "$1" 2>&1 < /dev/null)
    status=$?
    lines=$(unit_results "$name" "$status" <<< "$output")
    # What the program said is of interest only when something failed.
    if grep -q '^not ok ' <<< "$lines"; then lines=$(sed 's/^/    /' <<< "$output")$'\n'$lines; fi
    echo "$lines"
}

# On all processors; each program's lines stay together.
unit() {
    export -f unit_one unit_results
    export unit_seconds
    printf '%s\n' "$@" | xargs -P "$(nproc)" -I PROGRAM bash -c 'lines=$(unit_one PROGRAM); printf "%s\n" "$lines"'
}

# The test packages, judged by tools that are not ours.
fixtures() {
    tests/fixtures/make.sh build/fixtures || { echo "not ok fixtures: the test packages could not be made"; return 1; }
    tests/fixtures/selfcheck.sh build/fixtures 2>&1
}

# Getting packages and handing them on.
delivery() {
    tests/fixtures/make.sh build/fixtures || { echo "not ok delivery: the test packages could not be made"; return 1; }
    tests/delivery/fetch.sh
    tests/delivery/bundle.sh
    tests/delivery/guests.sh
}

# Calls that fail in the program, and power that goes; memory that runs out at a sample of the places: all of them with
# EVERY=1.
faults() {
    tests/fixtures/make.sh build/fixtures || { echo "not ok faults: the test packages could not be made"; return 1; }
    python3 tests/faults/files.py build/native/xenpv build/fixtures
    SAME=${SAME:-1} EVERY=${EVERY:-16} python3 tests/faults/memory.py build/native/xenpv build/fixtures
}

# The commands of the documents.
docs() {
    tests/fixtures/make.sh build/fixtures || { echo "not ok docs: the test packages could not be made"; return 1; }
    python3 tests/docs/check.py
}

# What Windows Setup and others run us by.
packaging() {
    python3 tests/packaging/commands.py build/native/tests/parses build/native/xenpv
    python3 tests/packaging/answer_files.py build/native/tests/parses
    # Each has a guest of its own, and both wait a lot.
    local ansible
    ansible=$(mktemp)
    tests/packaging/ansible.sh > "$ansible" 2>&1 &
    tests/packaging/unattended.sh
    tests/packaging/packages.sh
    wait $!
    cat "$ansible"
    rm -f "$ansible"
}

# Files that are built to break the verifier.
hostile() {
    tests/fixtures/hostile.sh build/hostile || { echo "not ok hostile: the files could not be made"; return 1; }
    tests/fixtures/hostile-check.sh build/native/xenpv build/hostile
}

# FUZZ names the targets, FUZZ_SECONDS the time for each; see tests/fuzz/fuzz.mk. Two on each processor: each has its
# time, and half a processor of it.
fuzz() {
    # shellcheck disable=SC2086
    FUZZ_SEED=1 FUZZ_JOBS=$((2 * $(nproc))) tests/fuzz/run.sh "$FUZZ_SECONDS" $FUZZ
}

# Each fault at each call of a transaction, and 100,000 random machines in four shares, on all processors.
machine_share() { # "every-call", or the first of 25,000 seeds
    local output
    if [ "$1" = every-call ]; then
        unit_one build/native/tests/transaction_test | sed 's|^\(not ok\|ok\) |&every-call/|'
    elif output=$(XENPV_SEED=$1 XENPV_MACHINES=25000 build/native/tests/transaction_random_test 2>&1); then
        echo "ok machines/$1 ($(grep ' machines installed' <<< "$output"))"
    else
        echo "not ok machines/$1: $(grep -m1 '^ERROR' <<< "$output")"
    fi
}

machines() {
    export -f machine_share unit_one unit_results
    export unit_seconds
    printf '%s\n' every-call 1 25001 50001 75001 | xargs -P "$(nproc)" -I SHARE bash -c 'lines=$(machine_share SHARE); printf "%s\n" "$lines"'
}

[ $# -gt 0 ] || { echo "usage: tests/run-checks.sh SUITE... [unit PROGRAM...]" >&2; exit 2; }
while [ $# -gt 0 ]; do
    case $1 in
    imports)
        suite imports tests/lint/imports/check.py --sources . build/i686/xenpv.exe build/x86_64/xenpv.exe
        suite imports-selftest tests/lint/imports/selftest.sh
        suite size tests/lint/size.sh build/i686/xenpv.exe build/x86_64/xenpv.exe
        ;;
    readme)
        suite readme tests/lint/readme.sh
        suite events tests/lint/events.sh
        suite batch-files tests/windows/lint.py
        suite tables tests/lint/tables.sh
        ;;
    schemas)
        suite schemas python3 tests/lint/schemas.py
        suite findings python3 tests/lint/findings.py
        suite reports python3 tests/lint/reports.py
        suite facts python3 tests/lint/facts.py
        suite colours python3 tests/lint/colours.py
        ;;
    analysis) suite analysis tests/lint/analysis.sh ;;
    manifest) suite manifest tests/lint/manifest.sh ;;
    golden)
        suite golden tests/golden/plans.sh
        suite status tests/golden/status.sh
        suite merge tests/golden/merge.sh
        ;;
    fixtures) suite fixtures fixtures ;;
    delivery) suite delivery delivery ;;
    packaging) suite packaging packaging ;;
    docs) suite docs docs ;;
    faults) suite faults faults ;;
    dist)
        suite dist tests/dist/dist.sh
        suite msi tests/dist/msi.sh
        ;;
    hostile) suite hostile hostile ;;
    fuzz) suite fuzz fuzz ;;
    machines) suite machines machines ;;
    html) suite html tests/html/check.sh ;;
    # Of each kind of Windows one; "guests" is all of them.
    guest) GUEST_STATES=win7-x64/xenproject \
        GUEST_BREAKS='disk-service-deleted file-altered foreign-family orphan-filter restart-for-update' \
        suite guest tests/guest/matrix.sh win2000-x86 winxp-x86 win2003-x86 win2003-x64 vista-x64 win7-x86 win7-x64 \
        win81-x64 win10-x64 win11-x64 win2022-x64 ;;
    guests) suite guests tests/guest/matrix.sh ;;
    scenarios) suite scenarios tests/guest/check.sh ;;
    xen) suite xen tests/xen/check.sh ;;
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

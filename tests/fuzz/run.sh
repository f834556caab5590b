#!/bin/bash
# Runs fuzz targets, FUZZ_JOBS (2) at a time: tests/fuzz/run.sh SECONDS TARGET...
#
# FUZZ_SEED, when set, makes a run repeatable as far as the clock allows: `check` sets it, so that a tree that passed
# does not fail next time for what chance found; chance is for the long runs of `fuzz`.
# Prints "ok fuzz/TARGET (N runs, ...)" or "not ok fuzz/TARGET: WHY" for each; after a crash also the command that runs
# its input again. Seeds are in build/fuzz/seeds, what was learnt is added to build/fuzz/corpus, what libFuzzer said is in
# build/fuzz/log. One input may take 10 seconds and 1 GB, the sanitizer's own share included; a single block may be
# larger as long as it is not used, since libarchive asks for what an ISO says that its directories have.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2

[ $# -ge 2 ] || { echo "usage: tests/fuzz/run.sh SECONDS TARGET..." >&2; exit 2; }
seconds=$1
shift
export XENPV_FUZZ_GENUINE=build/fuzz/genuine
export ASAN_OPTIONS=quarantine_size_mb=16:malloc_context_size=10:allocator_may_return_null=0:detect_leaks=1
export UBSAN_OPTIONS=print_stacktrace=1

# The first line that says what went wrong.
why() { # LOG
    grep -m1 -oE 'not so: .*|runtime error: .*|ERROR: (AddressSanitizer|LeakSanitizer|libFuzzer): .*|SUMMARY: .*' "$1" ||
        tail -n 1 "$1"
}

fuzz_one() { # TARGET
    local name=$1 log=build/fuzz/log/$1.txt program=build/fuzz/bin/$1_fuzz runs coverage crash options=()
    mkdir -p build/fuzz/{log,crashes,corpus/"$name",seeds/"$name"}
    [ ! -e "tests/fuzz/$name.dict" ] || options+=(-dict="tests/fuzz/$name.dict")
    [ -z "${FUZZ_SEED:-}" ] || options+=(-seed="$FUZZ_SEED")
    if "$program" "${options[@]}" -max_total_time="$seconds" -len_control=0 -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=4200 -print_final_stats=1 \
        -artifact_prefix="build/fuzz/crashes/$name-" "build/fuzz/corpus/$name" "build/fuzz/seeds/$name" \
        > "$log" 2>&1 < /dev/null; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        coverage=$(sed -nE 's/.* cov: ([0-9]+) .*/\1/p' "$log" | tail -n 1)
        if [ "${runs:-0}" -gt 0 ]; then
            echo "ok fuzz/$name ($runs runs, $coverage edges)"
        else
            echo "not ok fuzz/$name: ran nothing, see $log"
        fi
        return
    fi
    crash=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
    echo "not ok fuzz/$name: $(why "$log")"
    echo "    again: XENPV_FUZZ_GENUINE=$XENPV_FUZZ_GENUINE $program ${crash:-(it left no input: see $log)}"
}
export -f fuzz_one why
export seconds

printf '%s\n' "$@" | xargs -P "${FUZZ_JOBS:-2}" -I NAME bash -c 'fuzz_one NAME' | tee build/fuzz/results
! grep -q '^not ok ' build/fuzz/results && grep -q '^ok ' build/fuzz/results

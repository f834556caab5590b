#!/bin/bash
# Runs fuzz targets, FUZZ_JOBS (2) at a time: tests/fuzz/run.sh SECONDS TARGET...
#
# FUZZ_SEED, when set, makes a run repeatable: it takes as many inputs as runs.tsv says, from the seeds alone, at fixed
# addresses, or the beginning of that where SECONDS are over before. `check` sets it, so that a tree that passed does not
# fail next time, or elsewhere, for what chance found; chance is for the long runs of `fuzz`. (Seeds that are signed have
# other keys in each clone, and what comes of them is not the same.)
# FUZZ_HISTORY, when set, is a file that gets a line for each run that found nothing: commit, kind, target, seconds of
# processor time, inputs run, edges reached.
# FUZZ_FOLDER is where the programs are, build/fuzz if it is not given; build/fuzz32 holds the 32-bit ones. They share seeds
# and what was learnt.
# Prints "ok fuzz/TARGET (N runs, ...)" or "not ok fuzz/TARGET: WHY" for each; after a crash also the command that runs
# its input again. Seeds are in build/fuzz/seeds, what was learnt is added to build/fuzz/corpus, what libFuzzer said is in
# build/fuzz/log. One input may take 10 seconds and 1 GB, the sanitizer's own share included; a single block may be
# larger as long as it is not used, since libarchive asks for what an ISO says that its directories have.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2

[ $# -ge 2 ] || { echo "usage: tests/fuzz/run.sh SECONDS TARGET..." >&2; exit 2; }
seconds=$1
shift
folder=${FUZZ_FOLDER:-build/fuzz}
kind=${folder##*/}
FUZZ_COMMIT=$(git rev-parse --short HEAD 2> /dev/null || echo unknown)
export FUZZ_COMMIT folder kind XENPV_FUZZ_GENUINE=build/fuzz/genuine
export ASAN_OPTIONS=quarantine_size_mb=16:malloc_context_size=10:allocator_may_return_null=0:detect_leaks=1
export UBSAN_OPTIONS=print_stacktrace=1

# The first line that says what went wrong.
why() { # LOG
    grep -m1 -oE 'not so: .*|runtime error: .*|ERROR: (AddressSanitizer|LeakSanitizer|libFuzzer): .*|SUMMARY: .*' "$1" ||
        tail -n 1 "$1"
}

fuzz_one() { # TARGET
    local name=$1 log=$folder/log/$1.txt program=$folder/bin/$1_fuzz block=4200 runs coverage crash spent status options=()
    local inputs=("build/fuzz/corpus/$1" "build/fuzz/seeds/$1") list=$folder/log/$1.seeds
    local TIMEFORMAT=%U
    mkdir -p "$folder"/{log,crashes} build/fuzz/{corpus,seeds}/"$name"
    [ "$kind" != fuzz32 ] || block=3000
    [ ! -e "tests/fuzz/$name.dict" ] || options+=(-dict="tests/fuzz/$name.dict")
    if [ -n "${FUZZ_SEED:-}" ]; then
        # In this order: that of a folder is the file system's. A line end would belong to the last name.
        find "build/fuzz/seeds/$name" -type f | LC_ALL=C sort | paste -sd, | tr -d '\n' > "$list"
        runs=$(awk -F '\t' -v name="$name" '$1 == name { print $2 }' tests/fuzz/runs.tsv)
        options+=(-seed="$FUZZ_SEED" -runs="${runs:--1}")
        [ ! -s "$list" ] || options+=(-seed_inputs=@"$list")
        inputs=()
    fi
    spent=$({ time $fixed "$program" "${options[@]}" -max_total_time="$seconds" -len_control=0 -timeout=10 -rss_limit_mb=1024 \
        -malloc_limit_mb="$block" -print_final_stats=1 -artifact_prefix="$folder/crashes/$name-" \
        "${inputs[@]}" > "$log" 2>&1 < /dev/null; } 2>&1)
    status=$?
    if [ "$status" -eq 0 ]; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        coverage=$(sed -nE 's/.* cov: ([0-9]+) .*/\1/p' "$log" | tail -n 1)
        [ -z "${FUZZ_HISTORY:-}" ] ||
            printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$FUZZ_COMMIT" "$kind" "$name" "$spent" "${runs:-0}" "$coverage" >> "$FUZZ_HISTORY"
        if [ "${runs:-0}" -gt 0 ]; then
            echo "ok $kind/$name ($runs runs, $coverage edges)"
        else
            echo "not ok $kind/$name: ran nothing, see $log"
        fi
        return
    fi
    crash=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
    echo "not ok $kind/$name: $(why "$log")"
    echo "    again: XENPV_FUZZ_GENUINE=$XENPV_FUZZ_GENUINE $program ${crash:-(it left no input: see $log)}"
}
# shellcheck source=tests/fixed-addresses.sh
. tests/fixed-addresses.sh
fixed=${fixed_addresses[*]} # an array cannot be exported
export -f fuzz_one why
export seconds fixed

printf '%s\n' "$@" | xargs -P "${FUZZ_JOBS:-2}" -I NAME bash -c 'fuzz_one NAME' | tee "$folder/results"
! grep -q '^not ok ' "$folder/results" && grep -q '^ok ' "$folder/results"

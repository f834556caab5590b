#!/bin/bash
# How long does a plan take? plan.sh [ROUNDS]
#
# Loading the manifest, choosing, deciding and printing, as one process: with the program's own releases, and with
# ten times as many. Beside them what starting the program alone takes (--version), and reading the same manifest
# with jq, so that numbers of two machines can be compared. Needs jq; fails when a plan takes 5 ms or more beyond --version, or when
# ten times the releases take more than ten times as long.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-200}
xenpv=build/native/xenpv
work=build/bench/plan
mkdir -p "$work"

mapfile -t parts < <(compgen -G 'drivers-manifest/*.json' | grep -vE 'schema\.json|roots\.json' | sort)

# One manifest of the program's files, and one with each release N times under names of its own.
whole() { # N
    jq -s --argjson n "$1" 'reduce .[] as $part ({}; . as $all | $part | to_entries
            | reduce .[] as $e ($all; if $e.value | type == "array" then .[$e.key] += $e.value else .[$e.key] = $e.value end))
        | .releases |= [.[] as $r | range($n) as $i | $r
            | if $i > 0 then .id += "-copy\($i)" | .rank += 1000 * $i | .superseded_by = null else . end]' \
        "${parts[@]}"
}

# Milliseconds of processor time (others may be busy here) for one run of a command that may end in "no eligible
# source".
measure() {
    local i TIMEFORMAT='%U %S'
    {
        time for ((i = 0; i < rounds; i++)); do "$@" >/dev/null 2>&1 || [ $? -eq 8 ]; done
    } 2>&1 | awk -v n="$rounds" '{ printf "%.2f", ($1 + $2) * 1000 / n }'
}

whole 1 >"$work/1x.json"
whole 10 >"$work/10x.json"
facts=tests/golden/plans/fresh-win7sp1-x64.json
start=$(measure "$xenpv" --version)
own=$(measure "$xenpv" plan --facts "$facts")
one=$(measure "$xenpv" plan --facts "$facts" --manifest "$work/1x.json")
ten=$(measure "$xenpv" plan --facts "$facts" --manifest "$work/10x.json")
rounds=$((rounds / 10 + 1))
jq_one=$(measure jq . "$work/1x.json")
all=$(measure "$xenpv" plan --for all)
printf '%-44s %8s ms\n' 'xenpv --version' "$start" 'xenpv plan, embedded manifest' "$own" \
    'xenpv plan, the same as a file' "$one" 'xenpv plan, ten times the releases' "$ten" \
    'xenpv plan --for all' "$all" 'jq . of the manifest' "$jq_one"
awk -v own="$own" -v start="$start" -v one="$one" -v ten="$ten" -v jq="$jq_one" 'BEGIN {
    ratio = (ten - start) / (one - start)
    printf "%-44s %8.2f\n", "ten times the releases, beside one", ratio
    printf "%-44s %8.2f\n", "plan, beside jq", one / jq
    printf "%-44s %8.2f ms\n", "plan, without the start of a process", own - start
    printf "bench plan-own-time %.2f - - 5 ms\nbench plan-as-file-jq %.2f %.2f %.2f - ms\n", own - start, one, jq, one / jq
    printf "bench plan-ten-times %.2f %.2f %.2f 10 ms\n", ten - start, one - start, ratio
    exit own - start < 5 && ratio <= 10 ? 0 : 1
}' || { echo "plan: too slow" >&2; exit 1; }

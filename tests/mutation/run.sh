#!/bin/bash
# Are the tests able to fail? Changes one token of a module at a time and runs its unit tests:
#
#   tests/mutation/run.sh [-n COUNT] [-s SEED] [-j JOBS] [SOURCE.c ...]
#
# COUNT (20, or "all") changes evenly spread over all places (places.awk) of each SOURCE, by default every module of
# modules.txt, which also names the tests. Another SEED takes other places. Tests run with ASan and UBSan, as in
# "check-unit". Prints each change that no test noticed and, last for each module, "caught N of M"; fails when that is
# less than 18 of 20 anywhere. A change that does not compile is passed over for its neighbour; one that crashes or
# hangs is caught; one that equivalent.txt lists is never made.
#
# The quotes in $flags are for the compiler, which is to see them:
# shellcheck disable=SC2089,SC2090
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
here=tests/mutation count=20 seed=0 jobs=2
while getopts n:s:j: option; do
    case $option in
    n) count=$OPTARG ;;
    s) seed=$OPTARG ;;
    j) jobs=$OPTARG ;;
    *) sed -n '4p' "$0" >&2; exit 2 ;;
    esac
done
shift $((OPTIND - 1))

make -s -f Makefile.mingw build/mutation/libxenpv.a >/dev/null || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags='-std=c11 -O0 -fsanitize=address,undefined -fno-sanitize-recover=all -I. -DXENPV_VERSION="mutant"'
libraries='build/mutation/libxenpv.a -lcmocka -larchive -lcrypto -ljansson'
export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1:hard_rss_limit_mb=2000

# Do all tests pass with this object in the library's stead? passes OBJECT PROGRAM
passes() {
    local test
    for test in $tests; do
        gcc -fsanitize=address,undefined -o "$2" "$work/$test.o" "$1" $libraries 2>/dev/null || return 1
        (ulimit -t 20; timeout 200 "$2") >/dev/null 2>&1 || return 1
    done
}

# One line of the list of places as a change that compiles. mutate PLACE OUT
mutate() {
    local line column from into
    IFS=$'\t' read -r line column from into _ < <(sed -n "${1}p" "$work/places" | sed 's/\t\t/\t \t/')
    awk -v l="$line" -v c="$column" -v f="$from" -v t="$into" \
        'NR == l { $0 = substr($0, 1, c - 1) t substr($0, c + length(f)) } { print }' "$work/source.c" >"$2.c"
    gcc $flags -I"$(dirname "$source")" -c "$2.c" -o "$2.o" 2>/dev/null
}

# try PLACE: writes what became of it to $work/PLACE.result
try() {
    local place=$1 last=$(($1 + step)) out=$work/mutant.$1
    until mutate "$place" "$out"; do
        place=$((place + 1))
        [ "$place" -lt "$last" ] && [ "$place" -le "$total" ] || return 0
    done
    if passes "$out.o" "$out"; then
        sed -n "${place}p" "$work/places" |
            awk -F'\t' -v OFS='\t' -v s="$source" '{ print "survived: " s, $3 " -> " $4, $5, $6, "line " $1 }'
    else
        echo caught
    fi >"$work/$1.result"
    rm -f "$out" "$out.c" "$out.o"
}

# The places of $source that are not known to change nothing, into $work/places.
find_places() {
    cp "$source" "$work/source.c"
    awk -f "$here/places.awk" "$work/source.c" >"$work/all"
    awk -v s="$source" -F'\t' '
        FILENAME ~ /equivalent/ {
            if ($1 == s) skip[$2, $3, $4] = 1
            next
        }
        ($3 " -> " $4, $5, $6) in skip { found[$3 " -> " $4, $5, $6] = 1; next }
        { print }
        END {
            for (k in skip) {
                if (k in found) continue
                gsub(SUBSEP, " | ", k)
                print "equivalent.txt: no such place in " s ": " k >"/dev/stderr"
            }
        }
    ' "$here/equivalent.txt" "$work/all" >"$work/places"
}

# The score of one module. score SOURCE TEST...
score() {
    source=$1
    shift
    tests=$*
    find_places
    total=$(wc -l <"$work/places")
    [ "$total" -gt 0 ] || { echo "no place to change in $source"; return 1; }
    local tried=$total caught
    [ "$count" = all ] || [ "$count" -gt "$total" ] || tried=$count
    step=$((total / tried))
    for test in $tests; do
        gcc $flags -c "tests/unit/$test.c" -o "$work/$test.o" || return 1
    done
    passes "build/mutation/obj/${source%.c}.o" "$work/unchanged" ||
        { echo "the tests of $source fail without a change"; return 1; }
    export work source tests total step flags libraries
    for ((i = 0; i < tried; i++)); do echo $(((i * total / tried + seed) % total + 1)); done |
        xargs -P "$jobs" -I{} bash -c 'try {}' 2>/dev/null
    cat "$work"/*.result | grep -v '^caught'
    caught=$(cat "$work"/*.result | grep -c '^caught')
    tried=$(find "$work" -name '*.result' | wc -l)
    rm -f "$work"/*.result
    echo "caught $caught of $tried: $source ($total places, seed $seed)"
    [ $((caught * 20)) -ge $((tried * 18)) ]
}
export -f passes mutate try

failed=0
while read -r module names; do
    [ $# -eq 0 ] || [[ " $* " == *" $module "* ]] || continue
    score "$module" $names || failed=1
done < <(grep -v '^#' "$here/modules.txt")
exit $failed

#!/bin/bash
# Are the tests able to fail? Changes one token of a module at a time and runs its unit tests:
#
#   tests/mutation/run.sh [-n COUNT] [-s SEED] [-j JOBS] [-f] [-t] [SOURCE.c ...]
#
# COUNT (20, or "all") changes evenly spread over all places (places.awk) of each SOURCE, by default every module of
# modules.txt, which also names the tests. Another SEED takes other places. Tests run with ASan and UBSan, as in
# "check-unit". Prints each change that no test noticed and, last for each module, "caught N of M"; fails when that is
# less than 85 of 100 anywhere. A change that does not compile is passed over for its neighbour, and so is one that no
# test notices and of which the compiler makes the same (-O2); one that crashes or hangs is caught; one that
# equivalent.txt lists is never made. A test program ends at its first failure.
#
# Each score goes into scores.tsv as soon as it is known. A module whose source and tests are still those of its score
# is not measured again, unless for more changes, another SEED, or with -f: the whole run can be interrupted and gone on
# with. What survived stands in build/mutation/survived. -t only prints the table of scores.
#
# The quotes in $flags are for the compiler, which is to see them:
# shellcheck disable=SC2089,SC2090
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
here=tests/mutation scores=tests/mutation/scores.tsv count=20 seed=0 jobs=2 force= table=
enough=85 # of 100
while getopts n:s:j:ft option; do
    case $option in
    n) count=$OPTARG ;;
    s) seed=$OPTARG ;;
    j) jobs=$OPTARG ;;
    f) force=1 ;;
    t) table=1 ;;
    *) sed -n '4p' "$0" >&2; exit 2 ;;
    esac
done
shift $((OPTIND - 1))

# What a score depends on besides the module itself, and how it is found. hash_tests SOURCE TEST...
hash_tests() {
    { echo "method 2: without what -O2 makes the same"; for test in "${@:2}"; do cat "tests/unit/$test.c"; done
      grep -F "$1"$'\t' "$here/equivalent.txt"; cat "$here/places.awk"; } | git hash-object --stdin | cut -c1-12
}

hash_source() { git hash-object "$1" | cut -c1-12; }

# The row of a module in scores.tsv: SOURCE CAUGHT TRIED PLACES SEED SOURCE-BLOB TESTS-HASH
row() { awk -F'\t' -v s="$1" '$1 == s' "$scores"; }

# Is there a score for these very bytes, of as many changes? known SOURCE TOTAL TEST...
known() {
    local caught tried old_seed blob hash
    IFS=$'\t' read -r _ caught tried _ old_seed blob hash < <(row "$1")
    [ -n "${hash:-}" ] && [ "$blob" = "$(hash_source "$1")" ] && [ "$hash" = "$(hash_tests "$1" "${@:3}")" ] || return 1
    [ "$tried" -ge "$2" ] || { [ "$count" != all ] && [ "$tried" -ge "$count" ] && [ "$old_seed" = "$seed" ]; }
}

keep() { # SOURCE CAUGHT TRIED PLACES SEED BLOB HASH
    local new
    new=$( { grep -v "^$1"$'\t' "$scores"; printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$@"; } |
        LC_ALL=C sort -t$'\t' -k1,1 | awk '/^#/ { print; next } { rows = rows $0 "\n" } END { printf "%s", rows }')
    printf '%s\n' "$new" > "$scores.new" && mv "$scores.new" "$scores"
}

modules() { grep -v '^#' "$here/modules.txt"; }

# All modules, the lowest score first; what it is not known of, last.
print_table() {
    local module names state
    while read -r module names; do
        if [ "${names%% *}" = - ]; then
            printf '998\t%s\tno unit test:%s\n' "$module" "${names#-}"
            continue
        fi
        IFS=$'\t' read -r _ caught tried places _ blob hash < <(row "$module")
        if [ -z "${hash:-}" ]; then
            printf '999\t%s\tnot measured\n' "$module"
        else
            state=
            [ "$blob" = "$(hash_source "$module")" ] && [ "$hash" = "$(hash_tests "$module" $names)" ] ||
                state=' (before its last change)'
            printf '%d\t%s\t%d%% (%s of %s, %s places)%s\n' $((100 * caught / tried)) "$module" \
                $((100 * caught / tried)) "$caught" "$tried" "$places" "$state"
        fi
        hash=
    done < <(modules) | sort -t$'\t' -n -k1,1 -s | cut -f2- | column -t -s$'\t'
}

[ -e "$scores" ] || { echo "$scores is not there" >&2; exit 1; }
[ -z "$table" ] || { print_table; exit 0; }

make -s -f Makefile.mingw build/mutation/libxenpv.a >/dev/null || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p build/mutation/survived
flags='-std=c11 -O0 -fsanitize=address,undefined -fno-sanitize-recover=all -I. -DXENPV_VERSION="mutant"'
libraries='build/mutation/libxenpv.a -lcmocka -larchive -lcurl -lcrypto -ljansson'
export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1:hard_rss_limit_mb=2000 CMOCKA_TEST_ABORT=1

# Do all tests pass with this object in the library's stead? passes OBJECT PROGRAM
passes() {
    local test
    for test in $tests; do
        gcc -fsanitize=address,undefined -o "$2" "$work/$test.o" "$1" $libraries 2>/dev/null || return 1
        (ulimit -c 0 -t "$patience"; timeout "$patience" "$2") >/dev/null 2>&1 < /dev/null || return 1
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

# Does the program do anything else with this change, as far as the compiler can tell? differs OUT
differs() { optimised "$1.c" "$1.same" && ! cmp -s "$1.same" "$work/optimised"; }

# What the compiler makes of a source, whatever its name. optimised SOURCE.c OUT
optimised() { gcc -std=c11 -O2 -I. -I"$(dirname "$source")" -DXENPV_VERSION='"mutant"' -x c -c - -o "$2" <"$1" 2>/dev/null; }

# The change at this place that says something: caught, survived, or nothing to be told. outcome PLACE OUT
outcome() {
    mutate "$1" "$2" || return 1
    passes "$2.o" "$2" || { echo caught; return 0; }
    differs "$2" || return 1
    sed -n "${1}p" "$work/places" |
        awk -F'\t' -v OFS='\t' -v s="$source" '{ print "survived: " s, $3 " -> " $4, $5, $6, "line " $1 }'
}

# try PLACE: writes what became of it to $work/PLACE.result
try() {
    local place=$1 last=$(($1 + step)) out=$work/mutant.$1
    until outcome "$place" "$out" >"$work/$1.result"; do
        rm -f "$work/$1.result"
        place=$((place + 1))
        [ "$place" -lt "$last" ] && [ "$place" -le "$total" ] || break
    done
    rm -f "$out" "$out.c" "$out.o" "$out.same"
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

# The tests, each compiled once, pass without a change. One that takes much longer with one hangs.
prepare() {
    local test start=$SECONDS
    patience=200
    optimised "$source" "$work/optimised" || return 1
    for test in $tests; do
        [ -e "$work/$test.o" ] || gcc $flags -c "tests/unit/$test.c" -o "$work/$test.o" || return 1
    done
    passes "build/mutation/obj/${source%.c}.o" "$work/unchanged" ||
        { echo "the tests of $source fail without a change"; return 1; }
    patience=$((5 + 5 * (SECONDS - start)))
}

# The score of one module. score SOURCE TEST...
score() {
    source=$1
    shift
    tests=$*
    local blob hash tried caught survived
    blob=$(hash_source "$source") hash=$(hash_tests "$source" "$@")
    find_places
    total=$(wc -l <"$work/places")
    [ "$total" -gt 0 ] || { echo "no place to change in $source"; return 1; }
    [ -n "$force" ] || ! known "$source" "$total" "$@" || return 0
    prepare || return 1
    tried=$total
    [ "$count" = all ] || [ "$count" -gt "$total" ] || tried=$count
    step=$((total / tried))
    export work source tests total step flags libraries patience
    for ((i = 0; i < tried; i++)); do echo $(((i * total / tried + seed) % total + 1)); done |
        xargs -P "$jobs" -I{} bash -c 'try {}' 2>/dev/null
    survived=build/mutation/survived/${source//\//_}.txt
    cat "$work"/*.result | grep -v '^caught' | tee "$survived"
    caught=$(cat "$work"/*.result | grep -c '^caught')
    tried=$(find "$work" -name '*.result' | wc -l)
    rm -f "$work"/*.result
    echo "caught $caught of $tried: $source ($total places, seed $seed)"
    [ "$tried" -gt 0 ] || return 1
    keep "$source" "$caught" "$tried" "$total" "$seed" "$blob" "$hash"
    [ $((caught * 100)) -ge $((tried * enough)) ]
}
export -f passes mutate differs outcome try optimised

failed=0
while read -r module names; do
    [ $# -eq 0 ] || [[ " $* " == *" $module "* ]] || continue
    [ "${names%% *}" != - ] || continue
    score "$module" $names || failed=1
done < <(modules)
exit $failed

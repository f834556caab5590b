#!/bin/bash
# How many instructions do the main paths take? counts.sh [NAME...]
#
# valgrind counts them, the same each time for the same program on the same machine, however busy it is: the hashing code
# that OpenSSL chooses for the processor makes a difference between machines. Each line is one that run.sh keeps.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/../.."
xenpv=build/native/xenpv fixtures=build/fixtures
work=build/bench/counts
facts=tests/golden/plans/fresh-win7sp1-x64.json
rm -rf "$work"
mkdir -p "$work/packages" "$work/programs/x86" "$work/programs/x64"
export SOURCE_DATE_EPOCH=1700000000

# 1,000 guests: what status says of each golden machine, under names of their own.
reports() {
    local machines machine i=0
    mapfile -t machines < <(compgen -G 'tests/golden/plans/*.json' | sort)
    mkdir -p "$work/reports" "$work/kinds"
    for machine in "${machines[@]}"; do
        "$xenpv" status --facts "$machine" --json > "$work/kinds/${machine##*/}" 2> /dev/null || [ $? -ne 1 ]
    done
    while [ $i -lt 1000 ]; do
        machine=${machines[i % ${#machines[@]}]##*/}
        sed "s/\"system_uuid\": \"[^\"]*\"/\"system_uuid\": \"00000000-0000-4000-8000-$(printf %012d $i)\"/" \
            "$work/kinds/$machine" > "$work/reports/guest$i.json"
        i=$((i + 1))
    done
}

count() { # NAME COMMAND...
    local name=$1 status=0
    shift
    [ "${#only[@]}" -eq 0 ] || [[ " ${only[*]} " == *" $name "* ]] || return 0
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" > /dev/null 2> "$work/$name.log" || status=$?
    awk -v name="$name" -v status="$status" '
        / refs: / { gsub(/,/, "", $NF); count = $NF }
        END {
            if (count == "" || (status != 0 && status != 6 && status != 8)) { print "counts: " name " ended with " status > "/dev/stderr"; exit 1 }
            print "bench count-" name, count, "-", "-", "-", "instructions"
        }' "$work/$name.log"
}

only=("$@")
tests/fixtures/make.sh "$fixtures" > /dev/null
tests/guest/test-manifest.sh "$fixtures" > "$work/manifest.json"
cp "$fixtures"/xenproject-9.1.0/*.tar "$work/packages/"
printf 'MZ' > "$work/programs/x86/xenpv.exe"
cp "$work/programs/x86/xenpv.exe" "$work/programs/x64/"
reports
msi=$(find "$fixtures/univention-like" -name '*Vista2008x64*.msi' | head -n 1)
catalog=$(find "$fixtures/work/xenproject-8.2.2" -name 'xenbus.cat' | sort | head -n 1)
count version "$xenpv" --version
count verify-msi "$xenpv" verify "$msi"
count verify-catalog "$xenpv" verify "$catalog"
count verify-packages "$xenpv" verify "$fixtures/xenproject-9.1.0"
count plan "$xenpv" plan --facts "$facts"
count plan-all "$xenpv" plan --for all
count status "$xenpv" status --facts "$facts"
count merge "$xenpv" report --merge "$work/reports" --json
count bundle "$xenpv" bundle --manifest "$work/manifest.json" --for win10-22h2-x64+testsigning --packages "$work/packages" \
    --programs "$work/programs" --to "$work/our.iso"

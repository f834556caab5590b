#!/bin/bash
# How large the Windows programs are, and whether deps/link.sh left out only what nothing needs: size.sh PROGRAM.exe...
# Prints "ok NAME" or "not ok NAME: WHY" for each property of each program.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
failed=0
check() { # NAME WHY   (WHY is empty when all is well)
    if [ -z "$2" ]; then echo "ok $1"; else echo "not ok $1: $2"; failed=1; fi
}

# Functions in the map that have a section of their own, "FILE NAME"; with "pdata", those that have unwind data.
functions() { # text|pdata MAP
    awk -v kind="$1" '
        /^Linker script and memory map/ { on = 1 }
        !on { next }
        /^ \./ { name = $1; sub(/^ \.[^ ]+ */, " ") }
        index(name, "." kind "$") == 1 && $1 ~ /^0x/ && $3 != "" && $2 != "0x0" { print $3, substr(name, length(kind) + 3); name = "" }
    ' "$2" | sort -u
}

for program; do
    name=${program#build/} map=${program%.exe}.map
    [ -s "$program" ] && [ -s "$map" ] || { check "$name has a map" "there is none"; continue; }
    case $name in i686/*) limit=3500000 ;; *) limit=4000000 ;; esac
    bytes=$(stat -c %s "$program")
    check "$name is smaller than $limit bytes" "$([ "$bytes" -lt "$limit" ] || echo "it has $bytes: deps/size.sh $program")"
    told=$(deps/size.sh "$program" 0 | awk 'NR > 2 { sum += $1 } END { print sum + 0 }')
    check "$name: size.sh tells of all but 2%" "$([ "$told" -le "$bytes" ] && [ "$told" -gt $((bytes * 98 / 100)) ] || echo "$told of $bytes")"
    case $name in x86_64/*)
        known=$(functions pdata "$map" | wc -l)
        bare=$(comm -23 <(functions text "$map") <(functions pdata "$map") | head -n 3 | tr '\n' ' ')
        check "$name has the unwind data of each function" "$([ "$known" -gt 1000 ] || echo "only $known have any")${bare:+none of $bare}"
        ;;
    esac
done
exit "$failed"

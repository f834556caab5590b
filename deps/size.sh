#!/bin/bash
# What takes the room in a Windows program, by the linker's map that lies beside it: size.sh PROGRAM.exe [COUNT]
# Prints the bytes of each library, then of the COUNT (25) largest object files. "-" is ours and the C run-time's start,
# "(linker)" what the linker adds, such as the table of relocations.
set -euo pipefail
program=${1:-} count=${2:-25}
map=${program%.exe}.map
[ -s "$program" ] && [ -s "$map" ] || { echo "usage: deps/size.sh PROGRAM.exe [COUNT]   (there must be a map beside it)" >&2; exit 2; }

# "LIBRARY OBJECT BYTES" of each input section that has bytes in the file. A long name has a line of its own.
sections() {
    awk 'function bytes(hex,  i, n) {
            for (i = 3; i <= length(hex); i++) n = n * 16 + index("123456789abcdef", substr(hex, i, 1))
            return n
        }
        /^Linker script and memory map/ { on = 1 }
        !on { next }
        /^\.[a-z]/ { output = $1 }
        output == ".bss" || !/^ / { next }
        { sub(/^ [.*][^ ]* +/, " ") }
        $1 ~ /^0x[0-9a-f]+$/ && $2 ~ /^0x[0-9a-f]+$/ && $3 !~ /^(LONG|QUAD|SHORT|BYTE)$/ && NF >= 3 {
            file = $3; for (i = 4; i <= NF; i++) file = file " " $i
            library = "-"
            if (file == "dll stuff") library = file = "(linker)"
            else if (match(file, /[^\/]*\.a\([^)]*\)$/)) {
                split(substr(file, RSTART, RLENGTH), part, /[()]/)
                library = part[1]; file = part[2]
            } else sub(/.*\//, "", file)
            print library, file, bytes($2)
        }' "$map"
}

totals() { # 1 (by library) or 2 (by object)   of "LIBRARY OBJECT BYTES", largest first
    awk -v by="$1" '{ sum[by == 1 ? $1 : $1 " " $2] += $3 } END { for (k in sum) if (sum[k]) printf "%9d  %s\n", sum[k], k }' |
        sort -k1,1nr -k2
}

all=$(sections)
printf '%9d  %s\n\n' "$(stat -c %s "$program")" "$program"
totals 1 <<< "$all"
echo
totals 2 <<< "$all" | awk -v count="$count" 'NR <= count'

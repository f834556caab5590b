#!/bin/bash
# Links a Windows program with those functions of its libraries that it can reach, and no others:
#   link.sh i686-w64-mingw32|x86_64-w64-mingw32 PROGRAM.exe GCC ARGUMENT...
# Leaves the linker's map in PROGRAM.map.
#
# ld --gc-sections alone takes away next to nothing here. Its own script keeps all unwind data, and what that refers to:
# every function. So a first pass links without unwind data, and says what it could leave out.
#   i686: that pass is the program. Only C++ and debuggers read its unwind data (DWARF's), and it is 500 kB.
#   x86_64: Windows' ABI asks for the unwind data of each function (.pdata, .xdata). A second pass leaves out what the
#       first one named, each function with its unwind data, and must come to the same sizes.
set -euo pipefail
die() { echo "link: $*" >&2; exit 1; }

[ $# -gt 3 ] || { echo "usage: deps/link.sh TARGET PROGRAM.exe GCC ARGUMENT..." >&2; exit 2; }
target=$1 program=$2
shift 2
map=${program%.exe}.map
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C

"$target-ld" --verbose | sed '1,/^======/d; /^======/,$d' > "$work/ld.script"

# ld's script with a list of what is thrown away put first: script INPUTS < SCRIPT
discarding() {
    awk -v inputs="$1" '{ print } /^SECTIONS/ { open = 1 } open && /^\{/ {
        print "  /DISCARD/ : {"; while ((getline line < inputs) > 0) print line; print "}"; open = 0 }'
}

# crtbegin.o looks for the beginning of .eh_frame, its own, which is empty.
echo '*(.pdata*) *(.xdata*) *(EXCLUDE_FILE(*crtbegin.o *crtend.o) .eh_frame*)' > "$work/unwind"
sed -E 's/KEEP *\(\*\(\.(pdata|xdata|eh_frame)\*\)\)/*(.\1*)/' "$work/ld.script" | discarding "$work/unwind" > "$work/first.script"
"$@" -Wl,--gc-sections,--print-gc-sections -Wl,-T,"$work/first.script" -Wl,-Map,"$work/map" -o "$work/program.exe" 2> "$work/log" ||
    { grep -v 'removing unused section' "$work/log" >&2; die "'$program' cannot be linked"; }

# From "removing unused section '.text$name' in file '/lib/libz.a(inflate.o)'" to "*libz.a:inflate.o(.text$name ...)".
# What stands in brackets is the name of a section that several files have.
unused() {
    sed -nE "s/.*: removing unused section '([^'[]*)(\[[^']*)?' in file '(.*)'$/\1 \3/p" "$work/log" | awk '{
        section = $1; file = $2
        sub(/^.*\//, "*", file)
        if (match(file, /\(.*\)$/)) file = substr(file, 1, RSTART - 1) ":" substr(file, RSTART + 1, RLENGTH - 2)
        printf "%s(%s", file, section
        if (sub(/^\.text/, "", section)) printf " .pdata%s .xdata%s", section, section
        print ")"
    }'
}

sizes() { "$target-objdump" -h "$1" | awk '$2 ~ /^\.(text|data|rdata|bss)$/ { print $2, $3 }'; }

case $target in
i686-*) ;;
*)
    unused > "$work/unused"
    discarding "$work/unused" < "$work/ld.script" > "$work/second.script"
    "$@" -Wl,-T,"$work/second.script" -Wl,-Map,"$work/map" -o "$work/second.exe" >&2 || die "'$program' cannot be linked again"
    [ "$(sizes "$work/program.exe")" = "$(sizes "$work/second.exe")" ] ||
        die "'$program' came out different without what it does not use:" \
            "$(diff <(sizes "$work/program.exe") <(sizes "$work/second.exe") | tr '\n' ' ')"
    mv "$work/second.exe" "$work/program.exe"
    ;;
esac
sed "s|$work/|./|g" "$work/map" > "$map"
mv "$work/program.exe" "$program"

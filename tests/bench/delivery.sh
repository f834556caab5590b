#!/bin/bash
# How long do `xenpv bundle` and `xenpv fetch` take, beside xorriso and curl? delivery.sh [MEGABYTES [ROUNDS]]
#
# bundle: an ISO image of the test packages and of MEGABYTES (500) of other files, beside `xorriso -as mkisofs` of the same
# tree; fetch: one package file of MEGABYTES from a server on this machine, beside curl(1), which checks nothing, and beside
# curl(1) and then `openssl dgst -sha256` of the file; by turns, the least of ROUNDS (5) counts. Fails when bundle takes more
# than 1.3 times as long or 64 MB of memory, or when fetch takes more than 1.1 times as long as curl and openssl: that it
# takes no more than 1.1 times as long as curl alone is the aim, and is printed.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/../.."
megabytes=${1:-500} rounds=${2:-${ROUNDS:-5}}
xenpv=build/native/xenpv
work=build/bench/delivery
rm -rf "$work"
mkdir -p "$work"/{programs/x86,programs/x64,packages,add,served}
server=
trap '[ -z "$server" ] || kill "$server"; [ -n "${KEEP:-}" ] || rm -rf "$work"' EXIT
tests/fixtures/make.sh build/fixtures > /dev/null
cc -std=c11 -O2 -Wall -Wextra -o "$work/measure" tests/bench/measure.c
tests/guest/test-manifest.sh build/fixtures > "$work/base.json"
cp build/i686/xenpv.exe "$work/programs/x86/"
cp build/x86_64/xenpv.exe "$work/programs/x64/"
cp build/fixtures/xenproject-9.1.0/*.tar "$work/packages/"
export SOURCE_DATE_EPOCH=1700000000
failed=0

# least NAME COMMAND...: seconds and KB into NAME_wall and NAME_memory, when they are the least so far
least() {
    local name=$1 wall memory status
    shift
    read -r wall _ memory status < <("$work/measure" 1 "$@" 2> "$work/err")
    [ "$status" = 0 ] || { echo "delivery: $1 ended with $status: $(tail -n 2 "$work/err")" >&2; exit 1; }
    local -n best=${name}_wall most=${name}_memory
    best=$(awk -v a="${best:-999}" -v b="$wall" 'BEGIN { print (a < b ? a : b) }')
    most=$(awk -v a="${most:-0}" -v b="$memory" 'BEGIN { print (a > b ? a : b) }')
}
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
limit() { # WHAT VALUE LIMIT
    printf '%-44s %10s (limit %s)\n' "$1" "$2" "$3"
    awk -v a="$2" -v b="$3" 'BEGIN { exit a <= b ? 0 : 1 }' || { echo "delivery: $1: $2 is over $3" >&2; failed=1; }
}

# --- bundle ---
for ((i = 0; i < 10; i++)); do head -c "$((megabytes * 100000))" /dev/urandom > "$work/add/file$i.bin"; done
adds=()
for file in "$work"/add/*; do adds+=(--add "$file"); done
bundle() {
    rm -f "$work/our.iso"
    least our "$xenpv" bundle --manifest "$work/base.json" --for win10-22h2-x64+testsigning --packages "$work/packages" \
        --programs "$work/programs" --to "$work/our.iso" "${adds[@]}"
}
bundle
xorriso -read_fs norock -osirrox on -indev "$work/our.iso" -extract / "$work/tree" > /dev/null 2>&1
chmod -R u+w "$work/tree"
for ((i = 0; i < rounds; i++)); do
    bundle
    rm -f "$work/their.iso"
    least their xorriso -as mkisofs -quiet -J -V XENPV -o "$work/their.iso" "$work/tree"
done
printf '%-44s %10s\n' 'seconds, xenpv bundle' "$our_wall" 'seconds, xorriso -as mkisofs' "$their_wall"
limit 'bundle, ratio' "$(ratio "$our_wall" "$their_wall")" 1.3
echo "bench bundle-xorriso $our_wall $their_wall $(ratio "$our_wall" "$their_wall") 1.3 s"
echo "bench bundle-memory $((our_memory / 1024)) - - 64 MB"
limit 'bundle, MB of memory' "$((our_memory / 1024))" 64
rm -rf "$work/tree" "$work"/*.iso "$work/add"

# --- fetch ---
name=xenbus.tar
cp "build/fixtures/xenproject-9.1.0/$name" "$work/served/$name"
for ((i = 0; i < 10; i++)); do
    head -c "$((megabytes * 100000))" /dev/urandom > "$work/filler$i.bin"
    tar -C "$work" -rf "$work/served/$name" "filler$i.bin"
    rm "$work/filler$i.bin"
done
sha256=$(sha256sum < "$work/served/$name" | cut -d ' ' -f 1)
size=$(stat -c %s "$work/served/$name")
python3 tests/bench/serve.py "$work/served" "$work/port" &
server=$!
for _ in {1..200}; do [ -s "$work/port" ] && break; sleep 0.05; done
url=http://127.0.0.1:$(< "$work/port")/$name
jq --arg url "$url" --arg sha256 "$sha256" --argjson size "$size" '.releases |= map(select(.id == "xenproject-9.1.0")
    | .sets |= map(.files |= map(select(.name == "xenbus.tar") | .url = $url | .sha256 = $sha256 | .sha512 = null | .size = $size
        | .no_hash_reason = null)))' "$work/base.json" > "$work/manifest.json"
for ((i = 0; i < rounds; i++)); do
    rm -rf "$work/got"
    least fetch "$xenpv" fetch --manifest "$work/manifest.json" --for win10-22h2-x64+testsigning --to "$work/got" --proxy none
    rm -rf "$work/got"
    mkdir "$work/got"
    least curl curl -s -o "$work/got/$name" "$url"
    least hash openssl dgst -sha256 "$work/got/$name"
done
both=$(awk -v a="$curl_wall" -v b="$hash_wall" 'BEGIN { print a + b }')
printf '%-44s %10s\n' 'seconds, xenpv fetch' "$fetch_wall" 'seconds, curl' "$curl_wall" \
    'seconds, openssl dgst -sha256' "$hash_wall" 'fetch, ratio to curl alone' "$(ratio "$fetch_wall" "$curl_wall")"
limit 'fetch, ratio to curl and openssl' "$(ratio "$fetch_wall" "$both")" 1.1
echo "bench fetch-curl $fetch_wall $curl_wall $(ratio "$fetch_wall" "$curl_wall") 1.1 s"
echo "bench fetch-curl-openssl $fetch_wall $both $(ratio "$fetch_wall" "$both") 1.1 s"
exit $failed

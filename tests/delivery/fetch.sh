#!/bin/bash
# `xenpv fetch` against a web server that misbehaves: fetch.sh [PROGRAM...] > lines "ok ..." and "not ok ..."
#
# The manifest is the test manifest with addresses on this machine; the files are the made packages. PROGRAM is how the
# program is started (default build/native/xenpv). Needs build/fixtures, python3, openssl, jq.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
xenpv=("${@:-build/native/xenpv}")
work=$(mktemp -d)
servers=()
trap 'kill "${servers[@]}" 2> /dev/null; rm -rf "$work"' EXIT
name=gplpv_Vista2008x64_signed_0.11.0.373.msi
file=build/fixtures/univention-like/$name
windows=win7sp1-x64+testsigning

expect() { if [ "$2" = "$3" ]; then echo "ok fetch: $1"; else echo "not ok fetch: $1: expected '$2', got '$3': $(tail -n 3 "$work/err" | tr '\n' '|')"; fi; }
says() { if grep -qF -- "$2" "$work/out" "$work/err"; then echo "ok fetch: $1"; else echo "not ok fetch: $1: no '$2' in: $(cat "$work/out" "$work/err" | tr '\n' '|' | tail -c 400)"; fi; }
parts() { ls "$work/to" 2> /dev/null | tr '\n' ' '; }

serve() { # NAME [CERT KEY]: its port is then in $port
    python3 tests/delivery/http-server.py build/fixtures/univention-like "$work/$1.port" "${@:2}" > "$work/$1.log" 2>&1 &
    servers+=($!)
    for _ in {1..200}; do [ -s "$work/$1.port" ] && break; sleep 0.05; done
    port=$(< "$work/$1.port")
}

# A manifest whose file comes from that address; CHANGE is a further change of the file in jq's words.
manifest() { # URL [CHANGE]
    jq --arg name "$name" --arg url "$1" '.releases[].sets[].files |= map(if .name == $name then .url = $url | '"${2:-.}"' else . end)' \
        "$work/base.json" > "$work/manifest.json"
}
# run URL [CHANGE] [OPTION...]: into an empty folder, unless keep=1
run() {
    manifest "$1" "${2:-.}"
    [ "${keep:-}" = 1 ] || rm -rf "$work/to"
    "${xenpv[@]}" fetch --manifest "$work/manifest.json" --source univention-gplpv --for "$windows" --to "$work/to" --tries 2 "${@:3}" \
        > "$work/out" 2> "$work/err" < /dev/null
    code=$?
}
asked() { grep -cF -- "$1" "$work/plain.log"; }
whole() { cmp -s "$file" "$work/to/$name" && echo whole || echo "not whole"; }

[ -s "$file" ] || { echo "not ok fetch: there is no '$file'"; exit 1; }
tests/guest/test-manifest.sh build/fixtures > "$work/base.json" || { echo "not ok fetch: no manifest"; exit 1; }
serve plain
plain=http://127.0.0.1:$port
export PLAIN_PORT=$port
no_hash='.sha256 = null | .sha512 = null | .no_hash_reason = "taken out by the test"'

run "$plain/ok/$name"
expect 'a file whose hash is pinned comes over plain HTTP' "0 whole $name " "$code $(whole) $(parts)"
keep=1 run "$plain/404/$name"
expect 'what is there is checked and not fetched again' "0 present" "$code $(sed -n 's/^  \([a-z]*\) .*/\1/p' "$work/out")"
printf x >> "$work/to/$name"
keep=1 run "$plain/ok/$name"
expect 'what is there and altered is fetched again' "0 whole $name " "$code $(whole) $(parts)"
run "$plain/ok/$name" . --offline
expect 'offline: nothing is asked for' "1 0" "$code $(parts | wc -w)"
says 'offline: what is not there is named' "$name"

run "$plain/redirect/$name"
expect 'a redirect is followed' "0 whole" "$code $(whole)"
run "$plain/loop/$name"
expect 'a redirect in a circle ends' "1 " "$code $(parts | sed 's/\.part//' | tr -d ' ' | grep -v "^$name$")"
run "$plain/to-file/$name"
expect 'a redirect to a file is refused' 1 "$code"
says 'and named' "not HTTP"

run "$plain/cut-once/$name"
expect 'a broken transfer goes on where it was' "0 whole" "$code $(whole)"
half=$(($(stat -c %s "$file") / 2))
expect 'with a range and what it is a range of' "bytes=$half- \"one\"" "$(awk '$2 ~ /cut-once/ { last = $3 " " $4 } END { print last }' "$work/plain.log")"
run "$plain/cut-norange/$name"
expect 'a server without ranges begins anew' "0 whole" "$code $(whole)"
run "$plain/changed/$name"
expect 'another file under the same name begins anew' "0 whole" "$code $(whole)"
run "$plain/other-part/$name"
expect 'another part than the one asked for is not taken' "0 whole" "$code $(whole)"
run "$plain/cut-always/$name"
expect 'a transfer that never ends well is given up' 1 "$code"
expect 'and keeps its part for the next time' "$name.part " "$(parts)"
keep=1 run "$plain/ok/$name"
expect 'which goes on from there' "0 whole $name " "$code $(whole) $(parts)"
rm -rf "$work/to"; mkdir -p "$work/to"; head -c 5000 /dev/urandom > "$work/to/$name.part"
keep=1 run "$plain/ok/$name"
expect 'a part that was of another file is thrown away' "0 whole $name " "$code $(whole) $(parts)"
rm -rf "$work/to"; mkdir -p "$work/to"; { cat "$file"; echo more; } > "$work/to/$name.part"
keep=1 run "$plain/ok/$name"
expect 'so is one that is too long' "0 whole $name " "$code $(whole) $(parts)"
run "$plain/busy-once/$name"
expect 'a server that is busy is asked again' "0 whole" "$code $(whole)"

for how in 404 403; do
    before=$(asked "/$how/")
    run "$plain/$how/$name"
    expect "$how: no second try" "1 $((before + 1))" "$code $(asked "/$how/")"
done
run "$plain/500/$name"
expect '500: as many tries as were allowed' "1 2" "$code $(asked /500/)"
says '500 is named' 'the server answers 500'
run "$plain/416/$name"
expect '416: exit 1' 1 "$code"
run "$plain/garbage/$name"
expect 'what is not HTTP: exit 1' 1 "$code"
run "$plain/headers/$name"
expect 'a header of 2 MB: exit 1' 1 "$code"

for how in flip short empty; do
    run "$plain/$how/$name"
    expect "$how: refused, nothing is left" "4 " "$code $(parts)"
done
run "$plain/flip/$name"
says 'a wrong hash: both are named' 'expected SHA-256'
run "$plain/long/$name"
expect 'a length that is too long: given up' "4 " "$code $(parts | tr -d ' ' | sed "s/^$name.part$//")"
run "$plain/endless/$name"
expect 'a file without an end: refused at its size' 4 "$code"
says 'and named' 'more than the'

run "$plain/ok/$name" "$no_hash" --accept not-pinned
expect 'without a hash, plain HTTP is refused' "4 " "$code $(parts | tr -d ' ' | sed "s/^$name.part$//")"
says 'with the reason' 'no hash is pinned'

run "$plain/404/$name" . --mirror "$plain/404" --mirror "$plain/ok"
expect 'mirrors are tried in their order' "0 whole" "$code $(whole)"
mapfile -t many < <(for _ in {1..32}; do printf '%s\n' --mirror "$plain/404"; done)
limit=$(ulimit -Sn)
ulimit -Sn 24
run "$plain/404/$name" . "${many[@]}" --mirror "$plain/ok"
ulimit -Sn "$limit"
expect 'none of many keeps the file open' "0 whole" "$code $(whole)"
run "$plain/ok/$name" "$no_hash" --mirror "$plain/ok" --accept not-pinned
expect 'a mirror is for pinned files only' 4 "$code"
run "ftp://127.0.0.1/$name"
expect 'an address that is not HTTP: exit 2' 2 "$code"
run "$plain/404/$name" . --mirror ftp://127.0.0.1
expect 'a mirror that is not HTTP: exit 1' 1 "$code"
manifest "$plain/ok/$name"
jq '.releases |= map(.signer = "Somebody Else")' "$work/manifest.json" > "$work/other.json"
rm -rf "$work/to"
"${xenpv[@]}" fetch --manifest "$work/other.json" --source univention-gplpv --for "$windows" --to "$work/to" > "$work/out" 2> "$work/err"
expect 'another signer: refused, nothing is left' "4 " "$? $(parts)"
says 'and both are named' "signed by 'xenpv test GmbH', and not by 'Somebody Else'"

# --- TLS ---
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
    -keyout "$work/key.pem" -out "$work/cert.pem" 2> /dev/null
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=elsewhere -addext subjectAltName=DNS:elsewhere.invalid \
    -keyout "$work/other-key.pem" -out "$work/other.pem" 2> /dev/null
serve tls "$work/cert.pem" "$work/key.pem"
tls=https://127.0.0.1:$port
serve other "$work/other.pem" "$work/other-key.pem"
other=https://127.0.0.1:$port

run "$tls/ok/$name" . --ca-file "$work/cert.pem"
expect 'HTTPS with a root that was named' "0 whole" "$code $(whole)"
run "$tls/ok/$name"
expect 'HTTPS without it: not trusted, and nothing is left' "1 " "$code $(parts)"
says 'and named' 'certificate is not trusted'
run "$other/ok/$name" . --ca-file "$work/other.pem"
expect 'a certificate for another name: not trusted' 1 "$code"
run "$tls/ok/$name" . --ca-file "$work/key.pem"
expect 'a file of roots without one: exit 1' 1 "$code"
run "$tls/to-http/$name" . --ca-file "$work/cert.pem"
expect 'from HTTPS to plain HTTP: refused' 1 "$code"
says 'with the reason' 'from HTTPS to another protocol'
run "$tls/ok/$name" "$no_hash" --ca-file "$work/cert.pem" --accept not-pinned
expect 'without a hash, over HTTPS: judged by its signatures' "0 whole" "$code $(whole)"
run "$tls/flip-middle/$name" "$no_hash" --ca-file "$work/cert.pem" --accept not-pinned
expect 'and refused when they do not match' "4 " "$code $(parts)"

# --- a proxy, a full disk, a folder that cannot be ---
run "http://does-not-exist.invalid/ok/$name" . --proxy "$plain"
expect 'a proxy is asked for the address' "1 1" "$code $(asked 'GET http://does-not-exist.invalid/')"
http_proxy=http://127.0.0.1:1 run "$plain/ok/$name" . --proxy none
expect '--proxy none: none' "0 whole" "$code $(whole)"
rm -rf "$work/to"
mkdir "$work/to"
printf half > "$work/to/$name.part"
exec {held}<> "$work/to/$name.part"
flock -n "$held"
keep=1 run "$plain/ok/$name"
expect 'what another process is writing is left to it' "1 half" "$code $(cat "$work/to/$name.part")"
says 'with the reason' 'in use by another process'
exec {held}>&-
keep=1 run "$plain/ok/$name"
expect 'until it is done' "0 whole" "$code $(whole)"
: > "$work/plain-file"
manifest "$plain/ok/$name"
"${xenpv[@]}" fetch --manifest "$work/manifest.json" --for "$windows" --to "$work/plain-file" > "$work/out" 2> "$work/err"
expect 'a file where the folder should be: exit 1' 1 "$?"
says 'and named' plain-file
run "$plain/ok/$name" . --for winxp-x64+nonsense
expect 'a Windows that is none: exit 2' 2 "$code"
run "$plain/ok/$name" . --json
expect 'JSON: what was done' "fetched $name 0 TRUE" \
    "$(jq -r '"\(.files[0].state) \(.files[0].name) \(.exit_code) \(.files[0].pinned == true | tostring | ascii_upcase)"' "$work/out")"

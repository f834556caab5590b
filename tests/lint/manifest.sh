#!/bin/bash
# What `xenpv manifest` answers, and how a replacement is trusted: our own data, files that are wrong, and a program that
# was built with a key. Prints "ok NAME" or "not ok NAME: WHY" for each test; needs build/native, gcc and openssl.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
xenpv=build/native/xenpv
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
data=(drivers-manifest/families.json drivers-manifest/releases.json drivers-manifest/advisories.json drivers-manifest/windows.json)

expect() { if [ "$2" = "$3" ]; then echo "ok manifest: $1"; else echo "not ok manifest: $1: expected '$2', got '$3'"; fi; }
# run ARGUMENTS...: output in $work/out and $work/err, exit code in $code.
run() { "$program" "$@" > "$work/out" 2> "$work/err"; code=$?; }
says() { if grep -qF -- "$3" "$2"; then echo "ok manifest: $1"; else echo "not ok manifest: $1: no '$3' in: $(tr '\n' '|' < "$2" | tail -c 300)"; fi; }

program=$xenpv
run manifest check
expect 'the embedded one has no fault' "0 0" "$code $(grep -cE ': (error|warning): ' "$work/out")"
run manifest check "${data[@]}"
expect 'nor have the files that it is made of' "0 0" "$code $(grep -cE ': (error|warning): ' "$work/out")"

sed 's/"rank": 10,/"rank": "ten", "colour": 1,/' drivers-manifest/releases.json > "$work/wrong.json"
run manifest check "$work/wrong.json"
line=$(grep -n '"rank": "ten"' "$work/wrong.json" | cut -d: -f1)
column_of() { awk -v text="$1" 'index($0, "\"rank\": \"ten\"") { print index($0, text) }' "$work/wrong.json"; }
ten=$(column_of '"ten"') colour=$(column_of '"colour"')
expect 'a wrong file: exit 2' 2 "$code"
says 'a wrong file: file, line and column' "$work/out" "wrong.json:$line:$ten: error: wrong-type: 'releases[0].rank'"
says 'a field that is not known is a warning' "$work/out" "wrong.json:$line:$colour: warning: unknown-field: "
run manifest check --json "$work/wrong.json"
expect 'the same as JSON' "1 $line $ten wrong-type" \
    "$(jq -r '.findings[] | select(.severity == "error") | "1 \(.line) \(.column) \(.code)"' "$work/out")"
run manifest check "$work/none.json"
expect 'a file that is not there: exit 1' 1 "$code"
truncate -s 1G "$work/huge.json"
run manifest check "$work/huge.json"
expect 'a file of 1 GB is not read: exit 1' 1 "$code"
printf '{"schema": 1, "x": %s' "$(printf '[%.0s' {1..100000})" > "$work/deep.json"
run manifest check "$work/deep.json"
expect 'a bomb of brackets: exit 2' 2 "$code"

# The same for the files that other commands read.
printf '{"schema": 1,\n "windows": {"minor": 1}}' > "$work/facts.json"
run plan --facts "$work/facts.json"
expect 'facts that contradict themselves: exit 2' 2 "$code"
says 'facts that contradict themselves: line and column' "$work/err" "facts.json': line 2, column 23: the facts contradict"
printf '{"schema": 1, "windows": {"minor": 1, "minor": 2}}' > "$work/facts.json"
run plan --facts "$work/facts.json"
says 'facts with a key twice: line and column' "$work/err" "line 1, column 39: duplicate object key"
run plan --for win7sp1-x64 --manifest "$work/wrong.json"
expect 'a plan with a wrong manifest: exit 2' 2 "$code"
says 'a plan with a wrong manifest: line and column' "$work/err" "wrong.json: line $line, column $ten: 'releases[0].rank'"
run plan --for win7sp1-x64 --manifest "$work/huge.json"
expect 'a plan with a manifest of 1 GB: exit 1' 1 "$code"

run manifest show
says 'show lists the families' "$work/out" 'univention-gplpv'
run manifest show xenproject-8.2.2
says 'show has the files of a release' "$work/out" 'xenvbd.tar'
run manifest show --json xenproject-8.2.2
expect 'show gives one release as JSON' xenproject-8.2.2 "$(jq -r '.releases[].id' "$work/out")"
run manifest show nobody
expect 'show of what is not there: exit 1' 1 "$code"

# A whole manifest in one file, as an operator would have it.
jq -s 'reduce .[] as $part ({}; . + $part)' "${data[@]}" > "$work/m.json"
run manifest check "$work/m.json"
expect 'one file that holds all is clean' 0 "$code"

openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/key.pem" -out "$work/cert.pem" -subj '/CN=Manifest' -days 1 2> /dev/null
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/key2.pem" -out "$work/cert2.pem" -subj '/CN=Manifest' -days 1 2> /dev/null
sign() { openssl cms -sign -binary -in "$work/m.json" -signer "$work/cert$1.pem" -inkey "$work/key$1.pem" -outform DER -md "${2:-sha256}" -out "$work/m.json.p7s"; }
{
    echo '#include "installer/manifest_key.h"'
    echo 'const unsigned char manifest_key[] = {'
    deps/key.sh "$work/cert.pem"
    echo '}; const size_t manifest_key_size = sizeof manifest_key;'
} > "$work/key.c"
gcc -I. -o "$work/xenpv" build/native/obj/installer/main.o "$work/key.c" build/native/libxenpv.a -larchive -lcurl -lcrypto -ljansson ||
    echo 'not ok manifest: a program with a key could not be linked'
openssl x509 -in "$work/cert.pem" -noout -pubkey > "$work/public.pem"
expect 'a public key is as good as its certificate' "$(deps/key.sh "$work/cert.pem")" "$(deps/key.sh "$work/public.pem")"

# trusted: what a program says of how the manifest is trusted, or its exit code.
trusted() {
    run plan --for win7sp1-x64 --manifest "$work/m.json" --json "$@"
    if [ "$code" = 0 ]; then jq -r .manifest.trust "$work/out"; else echo "$code"; fi
}
sign ''
expect 'built without a key, a signed one is unsigned' unsigned "$(trusted)"
program=$work/xenpv
expect 'built with a key, it is signed' signed "$(trusted)"
run plan --for win7sp1-x64 --manifest "$work/m.json"
says 'the report names it' "$work/out" "m.json (signed)"
sign 2
expect 'signed by another key: exit 4' 4 "$(trusted)"
sign '' sha1
expect 'signed over SHA-1: exit 4' 4 "$(trusted)"
sign ''
echo >> "$work/m.json"
expect 'a byte more: exit 4' 4 "$(trusted)"
sign ''
echo >> "$work/m.json.p7s"
expect 'a byte behind the signature: exit 4' 4 "$(trusted)"
rm "$work/m.json.p7s"
expect 'no signature: unsigned' unsigned "$(trusted)"
run plan --for win7sp1-x64 --manifest "$work/m.json"
says 'which the report says' "$work/out" "m.json (unsigned)"

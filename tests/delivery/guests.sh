#!/bin/bash
# fetch and bundle on Linux, install from the medium in guests that have no network; and fetch in a guest.
# guests.sh > lines "ok ..." and "not ok ..."
#
# Nothing is mounted: what the ISO image holds, as its Joliet names have it, is the guest's drive D:, which Wine is told is a
# CD drive. The manifest is the test manifest with addresses on this machine. Needs both Windows programs, build/native/xenpv,
# build/fixtures, xorriso, jq, python3, openssl and what tests/guest needs.
set -uo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/tests/guest
guest=$here/guest.sh
# shellcheck source=tests/guest/common.sh
. "$here/common.sh"
scratch=$root/build/delivery-guests
rm -rf "$scratch"
mkdir -p "$scratch/programs/x86" "$scratch/programs/x64" "$scratch/served" "$scratch/older"
cp "$root/build/i686/xenpv.exe" "$scratch/programs/x86/"
cp "$root/build/x86_64/xenpv.exe" "$scratch/programs/x64/"
servers=()
trap 'kill "${servers[@]}" 2> /dev/null; rm -rf "$scratch"' EXIT

expect() { if [ "$2" = "$3" ]; then echo "ok delivery: $1"; else echo "not ok delivery: $1: expected '$2', got '$3'"; fi; }

# ---- on Linux ----

cp "$fixtures"/gplpv/*.msi "$fixtures"/xenproject-9.1.0/*.tar "$scratch/served/"
cp "$fixtures"/xenproject-8.2.2/*.tar "$scratch/older/" # the same names
serve() { # NAME FOLDER [CERT KEY]: its port is then in $port
    python3 "$root/tests/delivery/http-server.py" "$scratch/$2" "$scratch/$1.port" "${@:3}" > "$scratch/$1.log" 2>&1 &
    servers+=($!)
    for _ in {1..200}; do [ -s "$scratch/$1.port" ] && break; nap 0.05; done
    port=$(< "$scratch/$1.port")
}
manifest_at() { # ADDRESS ADDRESS-OF-8.2.2
    "$here/test-manifest.sh" "$fixtures" | jq --arg address "$1" --arg older "$2" '.releases[] |= (.id as $id
        | .sets[].files |= map(.url = "\(if $id == "xenproject-8.2.2" then $older else $address end)/ok/\(.name)"))'
}

serve older older
older=http://127.0.0.1:$port
serve plain served
manifest_at "http://127.0.0.1:$port" "$older" > "$scratch/manifest.json"
names=winxp-x86,win7sp1-x64+testsigning+sha2,win10-22h2-x64+testsigning
"$root/build/native/xenpv" fetch --manifest "$scratch/manifest.json" --for $names --to "$scratch/packages" > "$scratch/fetch.out" 2>&1
expect 'fetch for three Windows, two of them with files of one name' "0 11" "$? $(find "$scratch/packages" -type f | wc -l)"
expect 'each release has its own' "1 0" "$(cmp -s "$scratch/packages/xenproject-9.1.0/xenbus.tar" "$scratch/packages/xenproject-8.2.2/xenbus.tar"; echo $?) $(
    cmp -s "$scratch/packages/xenproject-8.2.2/xenbus.tar" "$scratch/older/xenbus.tar"; echo $?)"
"$root/build/native/xenpv" fetch --manifest "$scratch/manifest.json" --for $names --to "$scratch/packages" --offline > "$scratch/fetch.out" 2>&1
expect 'and is found there again' 0 $?
kill "${servers[@]}"
"$root/build/native/xenpv" bundle --manifest "$scratch/manifest.json" --for $names --packages "$scratch/packages" --programs "$scratch/programs" \
    --to "$scratch/xenpv.iso" > "$scratch/bundle.out" 2>&1
expect 'bundle them' 0 $?
xorriso -read_fs norock -osirrox on -indev "$scratch/xenpv.iso" -extract / "$scratch/medium" > /dev/null 2>&1
chmod -R u+w "$scratch/medium"

# ---- in guests ----

# insert_medium FOLDER: as the guest's CD drive D:, which Wine looks at when it starts.
insert_medium() {
    "$guest" exec "$dir" -- reg.exe add 'HKLM\Software\Wine\Drives' /v d: /d cdrom /f > /dev/null 2>&1
    "$guest" shutdown "$dir" > /dev/null 2>&1
    rm -f "$dir/dosdevices/d:" "$dir/dosdevices/d::"
    ln -s "$1" "$dir/dosdevices/d:"
    "$guest" boot "$dir" > /dev/null 2>&1
}

run() { run_in "$dir" "$@" > "$dir/.guest/out" 2> "$dir/.guest/err"; }
await_installed() {
    local tick
    for ((tick = 0; tick < 600; tick++)); do
        [ "$(jq -r .state "$dir/$state/journal.json" 2> /dev/null)" = restart-needed ] || return 0
        nap 0.1
    done
}

# from_medium WINDOWS PROGRAM RELEASE [OPTIONS]: PROGRAM is where it runs from. One that is not of the medium finds the packages
# there; it goes by a manifest of its own.
from_medium() {
    local name="$1 from the medium"
    dir=$scratch/guest-$1
    "$guest" new "$dir" "$1" --xen "${@:4}" || { echo "not ok delivery: $name: no guest"; return; }
    install_program "$dir" > /dev/null
    rm -rf "$dir/drive_c/xenpv/packages"
    insert_medium "$scratch/medium"
    local manifest=()
    case $2 in C:*) manifest=(--manifest 'D:\manifest.json') ;; esac
    run "$2" plan --json "${manifest[@]}"
    expect "$name: plan chooses" "0 $3" \
        "$exit_code $(jq -r '.choice.candidates[.choice.chosen].release' "$dir/.guest/out")"
    run "$2" install "${manifest[@]}" --allow-unsigned-manifest /quiet /norestart
    expect "$name: install asks for a restart" 3010 "$exit_code"
    rm -f "$dir/dosdevices/d:" # the medium is taken out
    "$guest" reboot "$dir" > /dev/null 2>&1
    await_installed
    run 'C:\xenpv\xenpv.exe' status --json
    expect "$name: after the restart it is installed, the medium gone" "0 installed $3" \
        "$exit_code $(jq -r '"\(.journal.state) \(.journal.release)"' "$dir/.guest/out")"
    "$guest" delete "$dir" 2> /dev/null
}

# fetch_in_guest WINDOWS NAME FILE: over TLS, with a root of our own.
fetch_in_guest() {
    local name="fetch on $1"
    dir=$scratch/fetch-$1
    "$guest" new "$dir" "$1" --xen --testsigning || { echo "not ok delivery: $name: no guest"; return; }
    install_program "$dir" > /dev/null
    cp "$scratch/tls.json" "$scratch/ca.pem" "$dir/drive_c/xenpv/"
    run 'C:\xenpv\xenpv.exe' fetch --manifest 'C:\xenpv\tls.json' --for "$2" --to 'C:\xenpv\got' --proxy none --tries 2
    expect "$name: a server that nobody vouches for: exit 1, and no file" "1 " "$exit_code $(find "$dir/drive_c/xenpv/got" -type f -printf '%f:%s ' 2> /dev/null)"
    run 'C:\xenpv\xenpv.exe' fetch --manifest 'C:\xenpv\tls.json' --for "$2" --to 'C:\xenpv\got' --ca-file 'C:\xenpv\ca.pem' --proxy none
    expect "$name: over TLS, with --ca-file" "0 same" \
        "$exit_code $(cmp -s "$scratch/served/${3##*/}" "$dir/drive_c/xenpv/got/$3" && echo same || tail -n 2 "$dir/.guest/err")"
    "$guest" delete "$dir" 2> /dev/null
}

openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
    -keyout "$scratch/key.pem" -out "$scratch/ca.pem" > /dev/null 2>&1
serve tls served "$scratch/ca.pem" "$scratch/key.pem"
manifest_at "https://127.0.0.1:$port" "$older" > "$scratch/tls.json"

from_medium winxp-x86 'D:\x86\xenpv.exe' gplpv-0.11.0.372 > "$scratch/1.lines" 2>&1 &
jobs=($!)
from_medium win7-x64 'C:\xenpv\xenpv.exe' xenproject-8.2.2 --testsigning > "$scratch/2.lines" 2>&1 &
jobs+=($!)
from_medium win10-x64 'D:\x64\xenpv.exe' xenproject-9.1.0 --testsigning > "$scratch/3.lines" 2>&1 &
jobs+=($!)
wait "${jobs[@]}"
fetch_in_guest winxp-x86 winxp-x86 gplpv_XP_0.11.0.372.msi > "$scratch/4.lines" 2>&1 &
jobs=($!)
fetch_in_guest win10-x64 win10-22h2-x64+testsigning xenproject-9.1.0/xenbus.tar > "$scratch/5.lines" 2>&1 &
jobs+=($!)
wait "${jobs[@]}"
cat "$scratch"/*.lines

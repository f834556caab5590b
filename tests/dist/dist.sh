#!/bin/bash
# What `make dist` makes: its contents, its signatures, its bill of materials, and that the same input gives the same bytes.
# Prints "ok NAME" or "not ok NAME: WHY". Needs both Windows programs, the native one and the manual page; the whole build
# in another folder is twice.sh's business.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=$(sed -n 's/^VERSION := //p' Makefile.mingw)
name=xenpv-$version
export SOURCE_DATE_EPOCH=1700000000

expect() { if [ "$2" = "$3" ]; then echo "ok dist: $1"; else echo "not ok dist: $1: expected '$2', got '$3'"; fi; }
sum() { sha256sum < "$1" | cut -d' ' -f1; }

packaging/dist/dist.sh "$version" "$work/one" || { echo 'not ok dist: a release is made'; exit 1; }
expect 'a release has these files' "SHA256SUMS $name-linux-$(dpkg --print-architecture).tar.xz $name-source.tar.xz $name-windows.zip $name-x64.msi $name-x86.msi $name.spdx.json" \
    "$(cd "$work/one" && LC_ALL=C ls | tr '\n' ' ' | sed 's/ $//')"
expect 'SHA256SUMS is right, and of all' 6 "$(cd "$work/one" && sha256sum --check SHA256SUMS 2> /dev/null | grep -c ': OK$')"
packaging/dist/dist.sh "$version" "$work/two"
expect 'a second one is the same' '' "$(diff "$work/one/SHA256SUMS" "$work/two/SHA256SUMS")"

mkdir "$work/windows" "$work/linux" "$work/source"
python3 -m zipfile -e "$work/one/$name-windows.zip" "$work/windows"
for pair in x64=x86_64 x86=i686; do
    expect "the zip's ${pair%=*} program is the one that was built" "$(sum "build/${pair#*=}/xenpv.exe")" \
        "$(sum "$work/windows/$name/${pair%=*}/xenpv.exe")"
done
for source in $(sed -n 's/^source \([^ ]*\) .*/\1/p' deps/sources.lock); do
    expect "the licence of $source is there" 1 "$(grep -c "^==== $source: " "$work/windows/$name/LIBRARIES.txt")"
done
tar -C "$work/linux" -xJf "$work/one/$name"-linux-*.tar.xz
expect 'the native program runs' "$(build/native/xenpv --version)" "$("$work/linux/$name/bin/xenpv" --version)"
expect 'the manual page is there' 1 "$(grep -c '^\.TH XENPV 1' "$work/linux/$name/share/man/man1/xenpv.1")"
tar -C "$work/source" -xJf "$work/one/$name-source.tar.xz"
git ls-files > "$work/tree" 2> /dev/null || find . -path ./build -prune -o \( -type f -o -type l \) -printf '%P\n' > "$work/tree"
expect 'the source is this tree' '' "$(diff <(sort "$work/tree") <(cd "$work/source/$name" && find . -type f -o -type l | cut -c3- | sort) | head -n 3)"

python3 tests/dist/sbom.py "$work/one/$name.spdx.json" "$work/one"
sed 's|libz\.a(|libunheard.a(|' build/x86_64/xenpv.map > "$work/map"
expect 'a library that nobody told of is found' 1 \
    "$(python3 packaging/dist/sbom.py 1 0 "$work/map" -- 2>&1 | grep -c 'does not know.*libunheard\.a')"

# Signed, with a key that nobody trusts.
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/key.pem" -out "$work/cert.pem" -subj '/CN=xenpv test release' -days 1 \
    -addext extendedKeyUsage=codeSigning 2> /dev/null
KEY=$work/key.pem CERT=$work/cert.pem packaging/dist/dist.sh "$version" "$work/signed"
mkdir "$work/signed-windows"
python3 -m zipfile -e "$work/signed/$name-windows.zip" "$work/signed-windows"
for file in "$work/signed-windows/$name"/x*/xenpv.exe "$work/signed"/*.msi; do
    # The certificate began today, after the time of the signature: osslsigncode is to look at today.
    expect "${file#"$work"/} is signed" 1 "$(osslsigncode verify -CAfile "$work/cert.pem" -time "$(date +%s)" -in "$file" 2>&1 | grep -c '^Succeeded$')"
done
expect 'a key without a certificate is refused' 1 "$(KEY=$work/key.pem packaging/dist/dist.sh "$version" "$work/none" 2>&1 | grep -c 'go together')"

# Some objects of both kinds of program, compiled in another folder. The whole is twice.sh's.
mkdir -p "$work/another/folder/of/another/length"
cp -r "$work/source/$name/." "$work/another/folder/of/another/length/"
objects='build/x86_64/obj/base/err.o build/x86_64/obj/verifier/certificates.o build/x86_64/obj/installer/main.o build/x86_64/obj/installer/xenpv.res.o
    build/x86_64/obj/build/gen/manifest_data.o build/native/obj/base/err.o build/native/obj/installer/main.o'
(
    cd "$work/another/folder/of/another/length" || exit
    # shellcheck disable=SC2086
    make -s -f Makefile.mingw $objects > "$work/log" 2>&1 || tail -n 3 "$work/log"
)
for object in $objects; do
    expect "$object is the same from another folder" "$(sum "$object")" "$(sum "$work/another/folder/of/another/length/$object")"
done

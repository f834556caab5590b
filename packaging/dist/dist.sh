#!/bin/bash
# Makes a release of what is built: dist.sh VERSION OUT
#   xenpv-VERSION-windows.zip          both Windows programs and the documents
#   xenpv-VERSION-x64.msi, -x86.msi    the same for Windows Installer, see packaging/msi
#   xenpv-VERSION-linux-ARCH.tar.xz    the native program; it needs Debian 12's libraries
#   xenpv-VERSION-source.tar.xz        this tree
#   xenpv-VERSION.spdx.json            what is in it, and whose
#   SHA256SUMS
# KEY=FILE and CERT=FILE (PEM): sign programs and packages; TIMESTAMP=URL of a time stamp server goes with them.
# All dates are SOURCE_DATE_EPOCH; without it, that of the last commit. The same tree and tools give the same bytes.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
die() { echo "dist: $*" >&2; exit 1; }
[ $# = 2 ] || { echo "usage: packaging/dist/dist.sh VERSION OUT" >&2; exit 2; }
version=$1 out=$2
for tool in python3 osslsigncode wixl xz sha256sum; do command -v $tool > /dev/null || die "$tool is missing: run deps/setup.sh test"; done
[ -n "${KEY:-}" ] && [ -n "${CERT:-}" ] || [ -z "${KEY:-}${CERT:-}" ] || die "KEY and CERT go together"
export LC_ALL=C TZ=UTC
umask 022
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2> /dev/null || echo 0)}
sources=${XDG_CACHE_HOME:-$HOME/.cache}/xenpv/sources
deps/fetch.sh "$sources"

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
name=xenpv-$version

sign() { # FILE: in place, when there is a key. The signing time is ours, so that the bytes stay the same.
    [ -n "${KEY:-}" ] || return 0
    osslsigncode sign -h sha256 -certs "$CERT" -key "$KEY" -n xenpv -time "$SOURCE_DATE_EPOCH" ${TIMESTAMP:+-ts "$TIMESTAMP"} \
        -in "$1" -out "$1.signed" > "$stage/log" 2>&1 || { tail -n 5 "$stage/log" >&2; die "'$(basename "$1")' could not be signed"; }
    mv "$1.signed" "$1"
}

# Text files for people on Windows' side keep their names but for the licence, which Explorer opens as .txt.
documents() { # FOLDER
    mkdir -p "$1/docs/images"
    cp README.md "$1/"
    cp docs/*.md docs/*.json "$1/docs/"
    cp docs/images/* "$1/docs/images/"
}

tarball() { # FOLDER NAME: of FOLDER/NAME
    find "$1/$2" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
    tar -C "$1" --format=ustar --sort=name --owner=0 --group=0 --numeric-owner --mode=u+rw,go+r,go-w -cf - "$2" | xz -9 -T1
}

mkdir -p "$out" "$stage/windows/$name/x64" "$stage/windows/$name/x86"
rm -f "$out"/xenpv-* "$out/SHA256SUMS"
windows=$stage/windows/$name
cp build/x86_64/xenpv.exe "$windows/x64/"
cp build/i686/xenpv.exe "$windows/x86/"
sign "$windows/x64/xenpv.exe"
sign "$windows/x86/xenpv.exe"
documents "$windows"
cp LICENSE "$windows/LICENSE.txt"
packaging/dist/libraries.sh "$sources" > "$windows/LIBRARIES.txt"
python3 packaging/dist/zip.py "$stage/windows" "$out/$name-windows.zip" "$SOURCE_DATE_EPOCH"

for arch in x64 x86; do
    mkdir "$stage/$arch"
    cp "$windows/$arch/xenpv.exe" "$windows"/{README.md,LICENSE.txt,LIBRARIES.txt} "$stage/$arch/"
    packaging/msi/build.sh $arch "$version" "$stage/$arch" "$out/$name-$arch.msi"
    sign "$out/$name-$arch.msi"
done

linux=$stage/linux/$name
mkdir -p "$linux/bin" "$linux/share/man/man1"
strip -o "$linux/bin/xenpv" build/native/xenpv
cp build/xenpv.1 "$linux/share/man/man1/"
documents "$linux"
cp LICENSE "$linux/"
tarball "$stage/linux" "$name" > "$out/$name-linux-$(dpkg --print-architecture).tar.xz"

# What git knows, as it is now: that is what was built.
mkdir -p "$stage/source/$name"
if git rev-parse --git-dir > /dev/null 2>&1; then git ls-files -z
else find . -path ./build -prune -o \( -type f -o -type l \) -printf '%P\0'; fi |
    tar --null -T - -cf - | tar -C "$stage/source/$name" -xf -
tarball "$stage/source" "$name" > "$out/$name-source.tar.xz"

python3 packaging/dist/sbom.py "$version" "$SOURCE_DATE_EPOCH" build/x86_64/xenpv.map build/i686/xenpv.map -- \
    "$out/$name"-* > "$stage/sbom"
cp "$stage/sbom" "$out/$name.spdx.json"
(cd "$out" && sha256sum xenpv-* > SHA256SUMS)

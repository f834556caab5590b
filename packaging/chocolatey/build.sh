#!/bin/bash
# Lays out the Chocolatey package, ready for "choco pack": build.sh VERSION FOLDER-WITH-PROGRAMS OUT
#
# FOLDER-WITH-PROGRAMS has i686/xenpv.exe and x86_64/xenpv.exe, as build/ does. OUT must not be there.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ $# = 3 ] || { echo "usage: build.sh VERSION FOLDER-WITH-PROGRAMS OUT" >&2; exit 2; }
version=$1 from=$2 out=$3
[[ $version =~ ^[0-9]+(\.[0-9]+){1,3}$ ]] || { echo "build.sh: '$version' is no version" >&2; exit 2; }
[ ! -e "$out" ] || { echo "build.sh: '$out' is there already" >&2; exit 2; }
x86=$(sha256sum "$from/i686/xenpv.exe" | cut -d' ' -f1)
x64=$(sha256sum "$from/x86_64/xenpv.exe" | cut -d' ' -f1)
[ -n "$x86" ] && [ -n "$x64" ]

mkdir -p "$out/tools/x86" "$out/tools/x64"
cp "$from/i686/xenpv.exe" "$out/tools/x86/"
cp "$from/x86_64/xenpv.exe" "$out/tools/x64/"
cp "$here/../../LICENSE" "$out/tools/LICENSE.txt"
for file in xenpv.nuspec tools/chocolateyinstall.ps1 tools/chocolateyuninstall.ps1 tools/VERIFICATION.txt; do
    sed -e "s/@VERSION@/$version/g" -e "s/@SHA256_X86@/$x86/g" -e "s/@SHA256_X64@/$x64/g" -e '/A template: build.sh/d' \
        "$here/$file" > "$out/$file"
done

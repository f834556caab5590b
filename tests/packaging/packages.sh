#!/bin/bash
# The Chocolatey package and the Packer example, as far as can be looked at without them: packages.sh > "ok ..." lines
#
# The grammars of PowerShell and HCL are from the npm registry, by tests/packaging/npm/package-lock.json, without their
# install scripts. Where there is no npm these two tests are skipped.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
modules=build/npm/node_modules

expect() { if [ "$2" = "$3" ]; then echo "ok packages: $1"; else echo "not ok packages: $1: expected '$2', got '$3'"; fi; }

# --- Chocolatey: what build.sh lays out ---
sum() { sha256sum "$1" | cut -d' ' -f1; }
packaging/chocolatey/build.sh 0.1.0 build "$work/choco"
expect 'build.sh' 0 "$?"
out=$work/choco
expect 'nothing is left to be filled in' "" "$(grep -rlE '@[A-Z0-9_]+@' "$out" --include='*.nuspec' --include='*.ps1' --include='*.txt')"
expect 'the files of the package' 'tools/LICENSE.txt tools/VERIFICATION.txt tools/chocolateyinstall.ps1 tools/chocolateyuninstall.ps1 tools/x64/xenpv.exe tools/x86/xenpv.exe xenpv.nuspec' \
    "$(cd "$out" && find . -type f | sed 's|^\./||' | LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//')"
for pair in x86:i686 x64:x86_64; do
    wanted=$(sum "build/${pair#*:}/xenpv.exe")
    expect "${pair%%:*}: the checksum in the script, in VERIFICATION.txt, and of the file" "1 1 $wanted" \
        "$(grep -c "${pair%%:*} = '$wanted'" "$out/tools/chocolateyinstall.ps1") $(grep -c "$wanted  ${pair%%:*}" "$out/tools/VERIFICATION.txt") $(sum "$out/tools/${pair%%:*}/xenpv.exe")"
done
expect 'restarts are no failures' 2 "$(grep -h 'ValidExitCodes' "$out"/tools/*.ps1 | grep -c -- '-ValidExitCodes @(0, 1641, 3010)')"
expect 'the nuspec is well-formed' 0 "$(xmllint --noout "$out/xenpv.nuspec" 2>&1; echo $?)"
field() { xmllint --xpath "string(//*[local-name()='metadata']/*[local-name()='$1'])" "$out/xenpv.nuspec"; }
# https://learn.microsoft.com/nuget/reference/nuspec: these four are required.
expect 'with what NuGet requires' 'xenpv 0.1.0 yes yes' "$(field id) $(field version) $([ -n "$(field authors)" ] && echo yes) $([ -n "$(field description)" ] && echo yes)"
packaging/chocolatey/build.sh 0.1.0 build "$out" 2> /dev/null
expect 'what is there is not replaced' 2 "$?"
packaging/chocolatey/build.sh '0.1; x' build "$work/other" 2> /dev/null
expect 'a version that is none' "2 0" "$? $(find "$work/other" 2> /dev/null | wc -l)"

# --- syntax ---
if ! command -v npm > /dev/null; then
    echo "skip packages: PowerShell and HCL: no npm here to get their grammars"
    exit 0
fi
if ! cmp -s tests/packaging/npm/package-lock.json build/npm/package-lock.json || [ ! -d "$modules" ]; then
    rm -rf build/npm
    mkdir -p build/npm
    cp tests/packaging/npm/*.json build/npm/
    (cd build/npm && npm ci --ignore-scripts --no-audit --no-fund > "$work/npm" 2>&1) ||
        { echo "not ok packages: npm: $(tail -n 3 "$work/npm" | tr '\n' '|')"; rm -rf build/npm; exit 1; }
fi
# At once, since it takes seconds to load the grammar of PowerShell.
printf 'if ($x { 1 }\n' > "$work/wrong.ps1"
printf 'a "b" {\n  x = [1\n}\n' > "$work/wrong.hcl"
node tests/packaging/syntax.js "$modules" "$out"/tools/*.ps1 packaging/packer/*.hcl "$work"/wrong.* > "$work/syntax" 2>&1
for file in "$out"/tools/*.ps1 packaging/packer/*.hcl; do
    expect "the syntax of ${file##*/}" "$file ok" "$(grep -F "$file " "$work/syntax")"
done
expect 'a mistake in either is seen' 2 "$(grep -cE '/wrong\.(ps1|hcl) line [0-9]+$' "$work/syntax")"

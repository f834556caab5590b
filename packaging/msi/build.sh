#!/bin/bash
# Makes the Windows Installer package of xenpv: build.sh x86|x64 VERSION FOLDER OUT.msi
# FOLDER holds what goes into it: xenpv.exe, README.md, LICENSE.txt, LIBRARIES.txt. The same files, version and
# SOURCE_DATE_EPOCH (0 if not set) give the same bytes: the codes of product and package are made of them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
die() { echo "msi: $*" >&2; exit 1; }
[ $# = 4 ] || { echo "usage: packaging/msi/build.sh x86|x64 VERSION FOLDER OUT.msi" >&2; exit 2; }
arch=$1 version=$2 folder=$3 out=$4
files=(xenpv.exe README.md LICENSE.txt LIBRARIES.txt)
case $arch in
x86) platform=x86 win64=no template='Intel;1033' ;;
x64) platform=x64 win64=yes template='x64;1033' ;;
*) die "there is no processor '$arch'" ;;
esac
[[ $version =~ ^([0-9]+)\.([0-9]+)\.([0-9]+)$ ]] && [ "${BASH_REMATCH[1]}" -le 255 ] && [ "${BASH_REMATCH[2]}" -le 255 ] &&
    [ "${BASH_REMATCH[3]}" -le 65535 ] || die "'$version' is no version that Windows Installer knows"
for tool in wixl msibuild msiinfo; do command -v $tool > /dev/null || die "$tool is missing: run deps/setup.sh test"; done
export LC_ALL=C TZ=UTC
epoch=${SOURCE_DATE_EPOCH:-0}

# A GUID in the form of version 8 (RFC 9562), from a SHA-256.
guid_of() {
    local h
    h=$(sha256sum | cut -c1-32 | tr 'a-f' 'A-F')
    printf '%s-%s-8%s-9%s-%s' "${h:0:8}" "${h:8:4}" "${h:13:3}" "${h:17:3}" "${h:20:12}"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/files"
for file in "${files[@]}"; do
    [ -s "$folder/$file" ] || die "'$folder/$file' is missing"
    cp "$folder/$file" "$work/files/"
    touch -d "@$epoch" "$work/files/$file"
done
content() { echo "$arch $version $epoch"; cat "$here/xenpv.wxs"; (cd "$work/files" && sha256sum "${files[@]}"); }
product=$({ echo product; content; } | guid_of)
package=$({ echo package; content; } | guid_of)

(cd "$work/files" && wixl -a $platform -o "$work/out.msi" -D Win64=$win64 -D Version="$version" -D ProductCode="$product" \
    -D Source=. "$here/xenpv.wxs") > "$work/log" 2>&1 || { cat "$work/log" >&2; die "wixl failed"; }

# See xenpv.wxs.
secure='WIX_DOWNGRADE_DETECTED;WIX_UPGRADE_DETECTED;XENPVINSTALL;XENPVREMOVE'
msibuild "$work/out.msi" -q "UPDATE \`Property\` SET \`Value\` = '$secure' WHERE \`Property\` = 'SecureCustomProperties'"

# wixl writes the present time and a random package code: properties 12, 13 and 9 of the summary.
when=$(date -d "@$epoch" '+%Y/%m/%d %H:%M:%S')
msiinfo export "$work/out.msi" _SummaryInformation | sed -e "s|^\(1[23]\)\t.*|\1\t$when\r|" \
    -e "s|^9\t.*|9\t{$package}\r|" -e "s|^7\t.*|7\t$template\r|" > "$work/_SummaryInformation.idt"
msibuild "$work/out.msi" -i "$work/_SummaryInformation.idt"
mv "$work/out.msi" "$out"

#!/bin/bash
# The Windows Installer packages, installed, upgraded and removed on simulated guests: msi.sh [x86|x64...]
# Prints "ok NAME" or "not ok NAME: WHY". Needs both Windows programs and Wine.
set -uo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/tests/guest
guest=$here/guest.sh
cd "$root" || exit 2
# shellcheck source=tests/guest/common.sh
. "$here/common.sh"
scratch=$(mktemp -d /tmp/xenpv-msi.XXXXXX)
trap '[ -z "${dir:-}" ] || "$guest" delete "$dir" 2>/dev/null; rm -rf "$scratch"' EXIT

expect() { if [ "$2" = "$3" ]; then echo "ok msi: $1"; else echo "not ok msi: $1: expected '$2', got '$3'"; fi; }

# package ARCH VERSION NAME: as `make dist` makes it, below $scratch.
package() {
    local from=$scratch/files-$1
    mkdir -p "$from"
    cp "build/$([ "$1" = x64 ] && echo x86_64 || echo i686)/xenpv.exe" README.md "$from/"
    cp LICENSE "$from/LICENSE.txt"
    echo 'of the test' > "$from/LIBRARIES.txt"
    packaging/msi/build.sh "$1" "$2" "$from" "$scratch/$3"
}

# msiexec ARGUMENTS...: exit code in exit_code.
msiexec() { run_in "$dir" "$dir/drive_c/windows/system32/msiexec.exe" "$@" /qn /norestart > "$scratch/log" 2>&1; }
snapshot() { "$guest" snapshot "$dir" "$scratch/$1"; }
put() { cp "$scratch/$1" "$dir/drive_c/xenpv/$1"; }
# listed SNAPSHOT: the versions in the list of programs.
listed() { grep -iE 'currentversion\\\\+uninstall\\\\+' "$scratch/$1" | sed -nE 's/.*DisplayVersion"?[= ]+(str\(2\):)?"?([0-9.]+).*/\2/p' | sort | tr '\n' ' ' | sed 's/ $//'; }

# Files and registry are compared without what Wine's Windows Installer never takes away.
changes() { diff "$scratch/$1" "$scratch/$2" | grep '^[<>]' | grep -viE 'windows/installer|\\installer|/temp/|\.log' | head -n 5 | tr '\n' '|'; }

reproducible() { # ARCH
    package "$1" 1.2.3 one.msi
    find "$scratch/files-$1" -exec touch -d '2001-02-03' {} +
    package "$1" 1.2.3 two.msi
    expect "$1: the same files give the same bytes" "$(sha256sum < "$scratch/one.msi")" "$(sha256sum < "$scratch/two.msi")"
    SOURCE_DATE_EPOCH=1000000000 package "$1" 1.2.3 two.msi
    expect "$1: its date is SOURCE_DATE_EPOCH" 1 "$(msiinfo suminfo "$scratch/two.msi" | grep -c 'Created: Sun Sep  9 01:46:40 2001')"
}

life() { # ARCH WINDOWS
    local arch=$1 program
    dir=$scratch/guest-$1
    "$guest" new "$dir" "$2" --xen --testsigning || { echo "not ok msi: $arch: no guest"; return; }
    mkdir -p "$dir/drive_c/xenpv/packages"
    program="$dir/drive_c/Program Files/xenpv/xenpv.exe"
    package "$arch" 1.2.3 first.msi; package "$arch" 1.2.4 second.msi
    put first.msi; put second.msi
    "$guest" boot "$dir"
    snapshot before

    msiexec /i 'C:\xenpv\first.msi'
    expect "$arch: it is installed" 0 "$exit_code"
    expect "$arch: its files are there" 'LIBRARIES.txt LICENSE.txt README.md xenpv.exe' "$(ls "$(dirname "$program")" | paste -sd ' ')"
    run_in "$dir" "$program" --version > "$scratch/version" 2>&1
    expect "$arch: the program runs" 0 "$exit_code"
    snapshot installed
    expect "$arch: Windows lists it" 1.2.3 "$(listed installed)"
    expect "$arch: no driver was touched" 0 "$(diff "$scratch/before" "$scratch/installed" | grep -ciE 'services\\|system32.drivers')"

    msiexec /i 'C:\xenpv\second.msi'
    expect "$arch: it is upgraded" 0 "$exit_code"
    snapshot upgraded
    expect "$arch: there is one of it, the new one" 1.2.4 "$(listed upgraded)"
    expect "$arch: the files are still there" 4 "$(ls "$(dirname "$program")" | wc -l)"
    msiexec /x 'C:\xenpv\second.msi'
    expect "$arch: it is removed" 0 "$exit_code"
    snapshot removed
    expect "$arch: nothing is left" '' "$(changes before removed)"

    # Not after the upgrade: there Wine has forgotten the products of this UpgradeCode.
    msiexec /i 'C:\xenpv\second.msi'
    msiexec /i 'C:\xenpv\first.msi'
    expect "$arch: an older one is refused" 1603 "$exit_code"
    msiexec /x 'C:\xenpv\second.msi'
}

# With drivers: of the test's packages, whose manifest is not that of the program.
drivers() { # ARCH FIXTURES OPTIONS
    local arch=$1 options="--packages C:\\xenpv\\packages --manifest C:\\xenpv\\test-manifest.json --allow-unsigned-manifest --no-continue"
    cp "$test_manifest" "$dir/drive_c/xenpv/test-manifest.json"
    msiexec /i 'C:\xenpv\first.msi' XENPVINSTALL=yes
    expect "$arch: a wrong XENPVINSTALL is refused" 1603 "$exit_code"
    msiexec /i 'C:\xenpv\first.msi' XENPVINSTALL=try "XENPVOPTIONS=$options"
    expect "$arch: without driver packages, trying is a success" 3010 "$exit_code"
    msiexec /x 'C:\xenpv\first.msi'
    msiexec /i 'C:\xenpv\first.msi' XENPVINSTALL=1 "XENPVOPTIONS=$options"
    # Windows: 1603.
    expect "$arch: and having to is a failure" 1627 "$exit_code"
    put_packages "$dir" "$2"
    msiexec /i 'C:\xenpv\first.msi' XENPVINSTALL=1 "XENPVOPTIONS=$options"
    expect "$arch: with them it asks for a restart" 3010 "$exit_code"
    "$guest" reboot "$dir" > /dev/null 2>&1
    run_in "$dir" "$dir/drive_c/Program Files/xenpv/xenpv.exe" status --json > "$scratch/status" 2> /dev/null
    expect "$arch: and after it they run" 'xenbus xenvbd' \
        "$(jq -r '[.facts.services[] | select(.running and (.name | IN("xenbus", "xenvbd"))) | .name] | sort | join(" ")' "$scratch/status")"
    msiexec /x 'C:\xenpv\first.msi'
    expect "$arch: it is removed" 0 "$exit_code"
    snapshot removed
    expect "$arch: the drivers stay" 1 "$(grep -ciE 'system32/drivers/xenbus.sys' "$scratch/removed")"

    msiexec /i 'C:\xenpv\first.msi'
    msiexec /x 'C:\xenpv\first.msi' XENPVREMOVE=1 "XENPVOPTIONS=${options#*xenpv\\packages }"
    expect "$arch: XENPVREMOVE=1 takes them out, and asks for a restart" 3010 "$exit_code"
    expect "$arch: that removal has begun" removal \
        "$(jq -r .job "$dir/drive_c/ProgramData/xenpv/journal.json")"
}

[ $# -gt 0 ] || set -- x64 x86
make_fixtures
for arch; do
    reproducible "$arch"
    case $arch in
    x64) life x64 win10-x64; drivers x64 "$fixtures/xenproject-9.1.0" ;;
    x86) life x86 winxp-x86 ;;
    esac
    "$guest" delete "$dir" 2> /dev/null
    rm -rf "$dir"
done

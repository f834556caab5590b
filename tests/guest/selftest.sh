#!/bin/bash
# Proves what guest.sh promises: one line "ok ...", "not ok ..." or "skip ... # why" for each.
#
#     selftest.sh [--quick]      --quick: only a few Windows versions
#
# The last line counts. Fails if anything is not ok. Drivers and INFs are made here, from a few
# lines each, so that this tests nothing but the simulated guest.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=${GUEST_BUILD:-$(cd "$here/../.." && pwd)/build/guest}
guest=$here/guest.sh
work=$(mktemp -d)
quick=${1:-}
passed=0 failed=0 skipped=0
system_class='{4D36E97D-E325-11CE-BFC1-08002BE10318}'
platform='PCI\VEN_5853&DEV_0001&SUBSYS_00015853&REV_01\3&267A616A&0&10'
services='HKLM\System\CurrentControlSet\Services'

clean_up() {
    local one
    for one in "$work"/*/.guest; do "$guest" delete "${one%/.guest}" 2>/dev/null; done
    rm -rf "$work"
}
trap clean_up EXIT

ok() { passed=$((passed + 1)); printf 'ok %s\n' "$1"; }
not_ok() { failed=$((failed + 1)); printf 'not ok %s\n' "$1"; printf '%s\n' "${2:-}" | sed 's/^/    /'; }
skip() { skipped=$((skipped + 1)); printf 'skip %s # %s\n' "$1" "$2"; }

# equal NAME WANTED FOUND
equal() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "wanted: $2
found:  $3"; fi; }

# has NAME LINE TEXT: LINE is one of the lines of TEXT
has() { if grep -qxF -- "$2" <<<"$3"; then ok "$1"; else not_ok "$1" "no line '$2' in:
$3"; fi; }

has_not() { if grep -qxF -- "$2" <<<"$3"; then not_ok "$1" "there is '$2'"; else ok "$1"; fi; }

in_guest() { "$guest" exec "$@" | tr -d '\r'; }
probe_exe() { echo "$build/bin/$1/probe.exe"; }

# ---- Windows versions ----

# Reads one row of windows.tsv on standard input; prints the lines that the probe has to print.
expected_version() {
    local name nt number ubr sp type arch product edition
    IFS=$'\t' read -r name nt number ubr sp type arch product edition _
    echo "version=$nt.$number"
    echo "service_pack=$sp.0"
    echo "product_type=$type"
    echo "native=$arch"
    echo "native.ProductName=$product"
    echo "native.CurrentBuild=$number"
    echo "native.UBR=$ubr"
    echo "native.EditionID=$edition"
    if [ "$type" -eq 1 ]; then echo ProductType=WinNT; else echo ProductType=ServerNT; fi
    if [ "$arch" = x64 ]; then
        echo "wow.ProductName=$product"
        echo "wow.CurrentBuild=$number"
    fi
}

# Prints what is missing from what each kind of program sees in one Windows.
version_faults() {
    local row name dir which found
    row=$(grep -P "^$1\t" "$here/windows.tsv")
    dir=$work/version-$1
    "$guest" new "$dir" "$1" || echo "cannot be made"
    for which in x86_64 i686; do
        [[ $1 != *-x86 || $which = i686 ]] || continue
        found=$("$guest" probe "$dir" --arch "$which") || echo "$which: the probe failed"
        expected_version <<<"$row" | grep -vxF -f <(printf '%s\n' "$found") | sed "s/^/$which: no /"
    done
    "$guest" delete "$dir"
}

test_versions() {
    local name faults names
    names=$("$guest" windows)
    [ "$quick" != --quick ] || names='winxp-x86 win2003-x64 win7-x64 win10-x64'
    printf '%s\n' $names | xargs -P 2 -I{} "$0" --version {} "$work"
    for name in $names; do
        faults=$(cat "$work/faults-$name" 2>&1)
        if [ -z "$faults" ]; then ok "poses as $name"; else not_ok "poses as $name" "$faults"; fi
    done
    "$guest" new "$work/alias" ws2003-x86 && has "an alias finds its Windows" windows=win2003-x86 \
        "$(cat "$work/alias/.guest/conf")"
    "$guest" new "$work/unknown" win95-x86 2>"$work/message"
    equal "an unknown Windows is refused" \
        "125 guest: no Windows is called 'win95-x86'; tests/guest/guest.sh windows lists the names" \
        "$? $(cat "$work/message")"
}

# ---- Xen ----

xen_lines='cpuid.hypervisor=1
cpuid.40000000.0=40000005 566e6558 65584d4d 4d4d566e
cpuid.40000001.0=00040011 00000000 00000000 00000000
cpuid.40000002.0=00000001 40000000 00000000 00000000
cpuid.40000003.0=00000000 00000002 0026259d 00000001
cpuid.40000003.1=7aab2f28 00000007 ccccdce7 ffffffff
cpuid.40000004.0=0000005c 00000000 00000001 00000000
cpuid.40000005.0=00000000 00000000 00000000 00000000
cpuid.40000100.0=00000000 00000000 00000000 00000000'
viridian_lines='cpuid.hypervisor=1
cpuid.40000000.0=40000006 7263694d 666f736f 76482074
cpuid.40000001.0=31237648 00000000 00000000 00000000
cpuid.40000100.0=40000105 566e6558 65584d4d 4d4d566e
cpuid.40000101.0=00040011 00000000 00000000 00000000
cpuid.40000102.0=00000001 40000200 00000000 00000000'
none_lines='cpuid.hypervisor=0
cpuid.40000000.0=00000000 00000000 00000000 00000000
cpuid.40000100.0=00000000 00000000 00000000 00000000'

test_cpuid() {
    local why mode which found wanted missing
    if ! why=$("$guest" cpuid-probe 2>&1); then
        skip "CPUID in all modes" "$why"
        return
    fi
    for mode in xen viridian none; do
        wanted=${mode}_lines
        for which in x86_64 i686; do
            found=$("$guest" probe "$work/x64" --arch "$which" --cpuid "$mode")
            missing=$(grep -vxF -f <(printf '%s\n' "$found") <<<"${!wanted}")
            equal "a $which program sees CPUID mode $mode" "" "$missing"
        done
    done
    "$guest" new "$work/viridian" win10-x64 --viridian
    missing=$(grep -vxF -f <("$guest" probe "$work/viridian") <<<"$viridian_lines")
    equal "a guest made with --viridian shows it without an option" "" "$missing"
}

test_platform() {
    local found
    found=$("$guest" probe "$work/x64")
    has "the platform device has Windows' ids in their order" "device=$platform service=- ids=$(
        )PCI\\VEN_5853&DEV_0001&SUBSYS_00015853&REV_01|PCI\\VEN_5853&DEV_0001&SUBSYS_00015853|$(
        )PCI\\VEN_5853&DEV_0001&CC_FF8000|PCI\\VEN_5853&DEV_0001&CC_FF80" "$found"
    has "ACPI tables carry Xen's name" 'acpi.FADT=Xen HVM' "$found"
    if unshare --mount --propagation unchanged true 2>/dev/null; then
        has "SMBIOS in the registry is Xen's" 'bios.SystemProductName=HVM domU' "$found"
        has "SMBIOS from the firmware table is Xen's" yes \
            "$(grep -q '^smbios.strings=.*Xen|HVM domU|4.17.7|' <<<"$found" && echo yes)"
    else
        skip "SMBIOS is Xen's" "mount namespaces are not allowed here"
    fi
    "$guest" new "$work/bare" win7-x86 --no-xen
    found=$("$guest" probe "$work/bare")
    has "without Xen there is no ACPI table of Xen's" 'acpi.FADT=-' "$found"
    equal "without Xen there is no trace of it" "" "$(grep -aE 'VEN_5853|HVM domU|XenVMM|58566e65' <<<"$found")"
    "$guest" new "$work/signing" win7-x64 --testsigning
    has "TESTSIGNING is in the start options" 'SystemStartOptions= NOEXECUTE=OPTIN TESTSIGNING' \
        "$("$guest" probe "$work/signing")"
    "$guest" delete "$work/bare"
    "$guest" delete "$work/signing"
}

# ---- running programs ----

status_of() {
    "$guest" exec "$work/x64" --status "$work/status" "$@" >/dev/null 2>&1
    echo "$? $(cat "$work/status")"
}

test_programs() {
    local code which
    for which in x86_64 i686; do
        for code in 0 7 194 3010 3221225477; do
            equal "exit code $code of a $which program survives" "exit $code" \
                "$(status_of -- "$(probe_exe $which)" exit $code | sed 's/^[0-9]* //')"
        done
    done
    equal "a small code is the status of guest.sh" "7 exit 7" "$(status_of -- "$(probe_exe i686)" exit 7)"
    equal "a large code is 120" "120 exit 3010" "$(status_of -- "$(probe_exe i686)" exit 3010)"
    equal "a program that takes too long is ended" "124 timeout" \
        "$(status_of --seconds 1 -- "$(probe_exe x86_64)" sleep 60)"
    equal "a program that is not there is named" "125 cannot start: 2" "$(status_of -- 'C:\none.exe')"
    equal "arguments arrive as they were given" 'a b|c"d||' \
        "$(in_guest "$work/x64" -- "$(probe_exe x86_64)" echo 'a b' 'c"d' '')"
    equal "standard input is empty" read=0 \
        "$(echo typed | in_guest "$work/x64" -- "$(probe_exe x86_64)" read)"
}

test_rights() {
    local found
    for which in x86_64 i686; do
        found=$("$guest" as-user "$work/x64" -- "$(probe_exe $which)" | tr -d '\r')
        has "as-user takes a $which program out of Administrators" administrator=0 "$found"
    done
    has "exec leaves it in" administrator=1 "$("$guest" probe "$work/x64")"
    if ! unshare --mount --propagation unchanged true 2>/dev/null; then
        skip "--readonly refuses writing" "mount namespaces are not allowed here"
        return
    fi
    has "--readonly refuses writing" write=5 "$(in_guest "$work/x64" --readonly 'C:\ProgramData' \
        -- "$(probe_exe x86_64)" write 'C:\ProgramData\x')"
    has "and ends with the program" write=0 \
        "$(in_guest "$work/x64" -- "$(probe_exe x86_64)" write 'C:\ProgramData\x')"
}

# ---- restart ----

set_value() { "$guest" exec "$work/$1" -- reg add "$2" /v "$3" /t "$4" /d "$5" /f /reg:64 >/dev/null; }

test_restart() {
    local key='HKLM\Software\Guest'
    set_value x64 "$key" Kept REG_SZ yes
    set_value x64 'HKLM\Software\Microsoft\Windows\CurrentVersion\RunOnce' Guest REG_SZ \
        'cmd /c echo once>>C:\once.txt'
    "$guest" reboot "$work/x64" >/dev/null
    "$guest" reboot "$work/x64" >/dev/null
    equal "a value survives the restart" yes \
        "$(in_guest "$work/x64" -- reg query "$key" /v Kept /reg:64 | sed -n 's/.*REG_SZ *//p')"
    equal "RunOnce runs once" 1 "$(grep -c once "$work/x64/drive_c/once.txt")"
    GUEST_IDLE=1 "$guest" reboot "$work/x64" >/dev/null
    sleep 5
    equal "an idle guest goes off" off "$([ -e "$work/x64/.guest/pid" ] &&
        kill -0 "$(cat "$work/x64/.guest/pid")" 2>/dev/null || echo off)"
    "$guest" copy "$work/x64" "$work/gone"
    "$guest" boot "$work/gone"
    rm -rf "$work/gone"
    sleep 5
    equal "a guest whose folder is gone goes off" "" "$(grep -lzF -- "$work/gone" /proc/[0-9]*/environ 2>/dev/null)"
    "$guest" shutdown "$work/x64"
    equal "no process of a guest outlives it" "" "$(grep -lzF -- "$work/x64" /proc/[0-9]*/environ 2>/dev/null |
        grep -v "/proc/$$/")"
}

test_snapshot() {
    local found
    "$guest" snapshot "$work/x64" "$work/first"
    "$guest" boot "$work/x64"
    "$guest" snapshot "$work/x64" "$work/second"
    equal "two snapshots around an idle start are equal" "" "$(diff "$work/first" "$work/second")"
    set_value x64 'HKLM\Software\Guest' Other REG_SZ new
    echo changed >"$work/x64/drive_c/once.txt"
    "$guest" snapshot "$work/x64" "$work/third"
    found=$(diff "$work/second" "$work/third" | grep '^[<>]' | sed 's/ [0-9a-f]\{64\}$//')
    equal "a snapshot shows a new value and a changed file, and nothing else" \
        '< file C:/once.txt
> file C:/once.txt
> value HKLM\\Software\\Guest\\"Other"="new"' "$found"
}

# ---- Plug and Play ----

make_driver() {
    cat >"$work/driver.c" <<'END'
#include <ddk/wdm.h>
DRIVER_INITIALIZE DriverEntry;
static VOID WINAPI unload(DRIVER_OBJECT *driver) { (void)driver; }
NTSTATUS WINAPI DriverEntry(DRIVER_OBJECT *driver, UNICODE_STRING *path)
{
    (void)path;
    driver->DriverUnload = unload;
    return STATUS_SUCCESS;
}
END
    x86_64-w64-mingw32-gcc -O2 -nostdlib -nostartfiles -Wl,--subsystem,native,--entry,DriverEntry \
        -Wl,--image-base,0x10000 -o "$work/driver.sys" "$work/driver.c" -lntoskrnl -lhal
}

# make_package NAME HARDWARE_ID START VERSION: a driver package in C:\packages\NAME of guest "pnp"
make_package() {
    local folder=$work/pnp/drive_c/packages/$1
    mkdir -p "$folder"
    cp "$work/driver.sys" "$folder/${1%-*}.sys"
    cat >"$folder/$1.inf" <<END
[Version]
Signature="\$Windows NT\$"
Class=System
ClassGUID=$system_class
Provider="Guest Selftest"
DriverVer=$4
[DestinationDirs]
Files=12
[Manufacturer]
"Guest Selftest"=Models,NTamd64
[Models.NTamd64]
"Test ${1%-*}"=Install,PCI\VEN_FFFF&DEV_FFFF
"Test ${1%-*}"=Install,$2
[Install]
CopyFiles=Files
[Files]
${1%-*}.sys
[Install.Services]
AddService=${1%-*},2,Service
[Service]
ServiceType=1
StartType=$3
ErrorControl=1
ServiceBinary=%12%\\${1%-*}.sys
[SourceDisksNames]
1="Disk"
[SourceDisksFiles]
${1%-*}.sys=1
END
    "$guest" exec "$work/pnp" -- "$(probe_exe x86_64)" stage "C:\\packages\\$1\\$1.inf" >/dev/null
}

test_pnp() {
    local vif='XENBUS\VEN_XP0001&DEV_VIF&REV_0800000D\_' said
    "$guest" new "$work/pnp" win7-x64
    has "without a package the platform device stays without a driver" "pnp: no driver for '$platform'" \
        "$("$guest" reboot "$work/pnp")"
    make_package xenbus-old 'PCI\VEN_5853&DEV_0001' 0 05/04/2016,8.2.0.0
    make_package xenbus 'PCI\VEN_5853&DEV_0001' 0 05/04/2017,8.2.1.0
    make_package xenvif 'XENBUS\VEN_XP0001&DEV_VIF&REV_0800000B' 3 05/04/2017,8.2.1.0
    make_package xennet 'XENVIF\VEN_XP0001&DEV_NET&REV_0800000D' 3 05/04/2017,8.2.1.0
    make_package wrong 'XENBUS\VEN_XP0001&DEV_VBD&REV_0900000B' 3 05/04/2020,9.1.0.0
    said=$("$guest" reboot "$work/pnp")
    has "the newer of two fitting packages is installed" \
        "pnp: installed 'C:\\windows\\inf\\xenbus.inf' on '$platform'" "$said"
    has "a running bus reports its children" "pnp: new device '$vif'" "$said"
    has "a child of a child gets its driver in the same start" \
        "pnp: started 'xennet' of 'XENVIF\\VEN_XP0001&DEV_NET&REV_0800000D\\0'" "$said"
    has "a driver for another revision does not fit" \
        "pnp: no driver for 'XENBUS\\VEN_XP0001&DEV_VBD&REV_0800000D\\_'" "$said"
    said=$("$guest" reboot "$work/pnp")
    has_not "what is installed is not installed again" \
        "pnp: installed 'C:\\windows\\inf\\xenbus.inf' on '$platform'" "$said"
    has "a demand-start driver is started again" "pnp: started 'xenvif' of '$vif'" "$said"
    set_value pnp "$services\\xenbus" Start REG_DWORD 4
    said=$("$guest" reboot "$work/pnp")
    has "a disabled bus driver is not started" "pnp: 'xenbus' is disabled" "$said"
    has "and its children are gone" "pnp: '$vif' is not present" "$said"
    set_value pnp "$services\\xenbus" Start REG_DWORD 3
    rm -r "$work/pnp/drive_c/packages/xennet"
    "$guest" exec "$work/pnp" -- reg delete \
        'HKLM\System\CurrentControlSet\Enum\XENVIF\VEN_XP0001&DEV_NET&REV_0800000D' /f >/dev/null
    said=$("$guest" reboot "$work/pnp")
    has "a package whose files are gone cannot be installed" "pnp: cannot install $(
        )'C:\\windows\\inf\\xennet.inf' on 'XENVIF\\VEN_XP0001&DEV_NET&REV_0800000D\\0' (0x3)" "$said"
}

test_gplpv() {
    local said
    "$guest" delete "$work/pnp"
    "$guest" new "$work/pnp" win7-x64
    make_package xenpci 'PCI\VEN_5853&DEV_0001' 0 09/17/2014,0.11.0.373
    make_package xennet 'XEN\VIF' 3 09/17/2014,0.11.0.373
    said=$("$guest" reboot "$work/pnp")
    has "GPLPV's bus reports its children by GPLPV's ids" \
        "pnp: installed 'C:\\windows\\inf\\xennet.inf' on 'XEN\\vif\\1&79F5D87&0&00'" "$said"
    has "and no child of the Xen Project's bus" "" "$(grep XENBUS <<<"$said")"
}

# Two of these run beside each other, in processes of their own.
if [ "$quick" = --version ]; then
    trap - EXIT
    rmdir "$work"
    work=$3
    version_faults "$2" >"$work/faults-$2" 2>&1
    exit 0
fi
if ! "$here/setup-wine.sh"; then
    not_ok "Wine is set up"
    exit 1
fi
"$here/build.sh" || exit 1
"$guest" new "$work/x64" win10-x64 || { not_ok "a guest can be made"; exit 1; }
make_driver || { not_ok "a test driver can be compiled"; exit 1; }
test_versions
test_cpuid
test_platform
test_programs
test_rights
test_restart
test_snapshot
test_pnp
test_gplpv
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]

#!/bin/bash
# xenpv on a real Xen: check.sh [--write]
#
# Two guests, each on a hypervisor of its own in QEMU's emulator: one without Viridian, and one with it, with XenServer's
# PCI device, and with another guest's number before its own. In each, both Windows programs say under Wine what they
# see; that must be what the hypervisor's dom0, the raw CPUID leaves and the guest's kernel say, and the facts that
# tests/golden/xen keeps (README.md there tells what may differ). --write makes those anew. Prints "ok ..." and
# "not ok ..." lines. Results and consoles stay in build/xen. Needs build/native, build/x86_64 and build/i686.
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
here=tests/xen
xenpv=build/native/xenpv
golden=tests/golden/xen
out=build/xen
write=
[ "${1:-}" != --write ] || write=yes

ok() { echo "ok xen/$1"; }
not_ok() { echo "not ok xen/$1: $2"; }
expect() { # NAME WANTED HAVE
    if [ "$2" = "$3" ]; then ok "$1 ($3)"; else not_ok "$1" "wanted '$2', have '$3'"; fi
}

words_of() {
    case $1 in
    plain) echo 'viridian=0 vendor=0 before=0' ;;
    viridian) echo 'viridian=1 vendor=1 before=1' ;;
    esac
}

make_job() {
    local arch
    rm -rf "$out/job"
    for arch in x86_64 i686; do
        mkdir -p "$out/job/$arch"
        cp "build/$arch/xenpv.exe" "$out/job/$arch/" || exit 2
    done
    cp "$here/job.sh" "$out/job/"
}

# Starts the guest MODE. It ends with this script, however that ends.
start_guest() {
    rm -rf "${out:?}/$1"
    mkdir -p "$out/$1"
    # shellcheck disable=SC2046
    XEN_NAME=$1 setpriv --pdeathsig TERM "$here/run.sh" "$bed" "$out/job" "$out/$1" $(words_of "$1") &
    guests[$1]=$!
}

await_guest() { # MODE
    wait "${guests[$1]}"
    echo $? >"$out/$1/status"
    unset "guests[$1]"
}

# ---- what others say than the program ----

# The registers "EAX EBX ECX EDX" of a leaf.
leaf() { awk -v leaf="$1.0" '$1 == leaf { print $2, $3, $4, $5 }' "$results/leaves"; }

# The first leaf of Xen, as a number: "XenVMMXenVMM" in EBX, ECX, EDX.
xen_leaf() {
    local base
    for base in 0x40000000 0x40000100 0x40000200; do
        [[ "$(leaf $base)" != *' 566e6558 65584d4d 4d4d566e' ]] || { printf '%d\n' $base; return; }
    done
}

first_is_viridian() { if [[ "$(leaf 0x40000000)" == *' 7263694d 666f736f 76482074' ]]; then echo true; else echo false; fi; }
features() { local eax _; read -r eax _ <<<"$(leaf "$(printf '0x%08x' $(($(xen_leaf) + 4)))")"; printf '%d\n' "0x$eax"; }
dom0_says() { sed -nE "s/^$1 *: *//p" "$results/dom0-info"; }
xen_devices() { awk '$1 == "5853" { print "PCI\\VEN_" $1 "&DEV_" $2 "&SUBSYS_" $3 "&REV_" $4 }' "$results/pci" | sort | paste -sd ' '; }
fact() { jq -r "$1" "$results/$program-facts.json"; }

# What may differ from one run to the next, and why, stands in tests/golden/xen/README.md.
comparable() { jq '.windows.boot_time = null | .platform |= (.bios_version = null | .system_version = null)' "$1"; }

# ---- judgement ----

same_as_xen() {
    local version
    version=$(dom0_says xen_major).$(dom0_says xen_minor)
    expect "$1: the hypervisor" xen "$(fact .platform.hypervisor)"
    expect "$1: the version is the one that dom0 names" "$version" "$(fact '"\(.platform.xen_major).\(.platform.xen_minor)"')"
    expect "$1: the domain id is the one that dom0 names" "$(cat "$results/dom0-domid")" "$(fact .platform.domain_id)"
    expect "$1: the firmware's version is the one that dom0 names" "$(dom0_says xen_version)" "$(fact .platform.bios_version)"
    expect "$1: the UUID is the one that dom0 gave" "$(sed -n 's/^uuid = "\(.*\)"/\1/p' "$results/dom0-guest.cfg")" \
        "$(fact .platform.system_uuid)"
    expect "$1: Xen's first leaf is the processor's" "$(xen_leaf)" "$(fact .platform.xen_leaf)"
    expect "$1: Viridian is told of as the processor has it" "$(first_is_viridian)" "$(fact .platform.viridian)"
    expect "$1: the features are the processor's" "$(features)" "$(fact .platform.xen_features)"
    expect "$1: the ACPI ids are the tables'" "$(awk '$1 == "DSDT" { print $2, $3 }' "$results/acpi")" \
        "$(fact '"\(.platform.acpi_oem) \(.platform.acpi_table)"')"
    expect "$1: the devices are those of the bus" "$(xen_devices)" \
        "$(fact '.devices[].hardware_ids[0] | select(startswith("PCI\\VEN_5853"))' | sort | paste -sd ' ')"
}

# The words asked for are what came: else both sides of a comparison could be wrong in the same way.
as_asked() { # MODE
    local devices='PCI\VEN_5853&DEV_0001&SUBSYS_00015853&REV_01'
    [[ "$(words_of "$1")" != *vendor=1* ]] || devices+=' PCI\VEN_5853&DEV_C000&SUBSYS_C0005853&REV_01'
    expect "$1: the processor has Viridian as asked for" "$(words_of "$1" | grep -o 'viridian=[01]')" \
        "$(first_is_viridian | sed 's/true/viridian=1/; s/false/viridian=0/')"
    expect "$1: the bus has the devices that were asked for" "$devices" "$(xen_devices)"
    expect "$1: the domain id counts the guests before" $(($(words_of "$1" | sed 's/.*before=//') + 1)) "$(cat "$results/dom0-domid")"
}

same_as_replayed() { # MODE COMMAND
    "$xenpv" "$2" --facts "$results/x86_64-facts.json" >"$results/$2.replayed" 2>/dev/null
    expect "$1: $2 ends there as it does when its facts are replayed here" "$?" "$(cat "$results/x86_64-$2.exit")"
    tr -d '\r' <"$results/x86_64-$2" >"$results/$2.text"
    if cmp -s "$results/$2.text" "$results/$2.replayed"; then ok "$1: $2 prints the same as when it is replayed"
    else not_ok "$1: $2 prints the same as when it is replayed" \
        "$(diff "$results/$2.replayed" "$results/$2.text" | grep '^[<>]' | head -n 4 | tr '\n' '|')"; fi
}

same_as_golden() {
    if [ -n "$write" ]; then
        mkdir -p "$golden"
        "$xenpv" detect --json --facts "$results/x86_64-facts.json" >"$golden/$1.json"
        cp "$results/leaves" "$golden/$1.leaves"
        cp "$results/smbios" "$golden/$1.smbios"
    fi
    comparable "$golden/$1.json" >"$results/wanted.json"
    comparable "$results/x86_64-facts.json" >"$results/have.json"
    if cmp -s "$results/wanted.json" "$results/have.json"; then ok "$1: the facts are those of $golden/$1.json"
    else not_ok "$1: the facts are those of $golden/$1.json" \
        "$(diff "$results/wanted.json" "$results/have.json" | grep '^[<>]' | head -n 6 | tr -s ' \n' ' ')"; fi
}

both_programs_agree() {
    local one other
    one=$(jq '.windows.boot_time = null | .windows.process = null' "$results/x86_64-facts.json")
    other=$(jq '.windows.boot_time = null | .windows.process = null' "$results/i686-facts.json")
    if [ "$one" = "$other" ]; then ok "$1: the i686 program sees the same"
    else not_ok "$1: the i686 program sees the same" "$(diff <(echo "$one") <(echo "$other") | grep '^[<>]' | head -n 6 | tr -s ' \n' ' ')"; fi
}

judge() { # MODE
    local results=$out/$1 program
    if [ "$(cat "$results/status")" -ne 0 ]; then
        not_ok "$1: the guest runs on Xen" "$(cat "$results/failure" 2>/dev/null || echo "run.sh ended with status $(cat "$results/status")")"
        return
    fi
    ok "$1: the guest runs on Xen ($(dom0_says xen_version), $(sed -n 's/ all is over$//p' "$results/stages") s)"
    as_asked "$1"
    for program in x86_64 i686; do
        expect "$1: $program detect ends well" 0 "$(cat "$results/$program-facts.json.exit")"
        same_as_xen "$1, $program"
    done
    both_programs_agree "$1"
    expect "$1: detect says it in words" \
        "Platform    Xen HVM, Xen $(dom0_says xen_major).$(dom0_says xen_minor), domain $(cat "$results/dom0-domid")" \
        "$(tr -d '\r' <"$results/x86_64-detect" | sed -n 's/^\(Platform .*domain [0-9]*\).*/\1/p')"
    same_as_replayed "$1" status
    same_as_replayed "$1" plan
    same_as_golden "$1"
}

bed=$("$here/bed.sh") || { not_ok 'the test bed' 'it could not be made'; exit 1; }
make_job
declare -A guests
trap 'kill "${guests[@]}" 2>/dev/null; wait' EXIT
trap 'exit 130' INT TERM HUP
# Each has a processor of its own, where there are two.
start_guest plain
[ "$(nproc)" -ge 2 ] || await_guest plain
start_guest viridian
[ "$(nproc)" -lt 2 ] || await_guest plain
judge plain
await_guest viridian
judge viridian

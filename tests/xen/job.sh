#!/bin/busybox sh
# shellcheck shell=dash disable=SC2059,SC2086
# Runs in the guest on the real Xen, with busybox, before the root $ROOT: what xenpv sees there, and what the guest's
# kernel sees, into $ROOT/tmp/results.
#
#   leaves          the hypervisor's CPUID leaves, "leaf.subleaf eax ebx ecx edx", by the kernel's cpuid device
#   pci, acpi, dmi  what the kernel says of devices and firmware
#   smbios          the firmware's table in the form in which Windows gives it
#   PROGRAM-WHAT    what the Windows program printed; .err and .exit beside it
#
# The program reads CPUID by itself, and SMBIOS as Wine makes it of what the kernel says; but Wine's UUID is the machine
# id of D-Bus, which is therefore given here. Of PCI and ACPI Wine shows nothing: what the kernel says of them is written
# into Wine's registry in the form in which Windows has it.

results=$ROOT/tmp/results
registry=$ROOT/prefix/system.reg

# ---- what the kernel says ----

leaf() { # LEAF SUBLEAF
    printf '%s.%d' "$1" "$2"
    dd if=/dev/cpu/0/cpuid bs=16 count=1 iflag=skip_bytes skip=$(($1 + ($2 << 32))) 2>/dev/null | od -An -tx4
}

leaves() {
    leaf 0x00000001 0
    for base in 0x40000000 0x40000100 0x40000200; do
        for n in 0 1 2 3 4 5 6; do leaf "$(printf '0x%08x' $((base + n)))" 0; done
        for n in 1 2; do leaf "$(printf '0x%08x' $((base + 3)))" $n; done
    done
}

read_hex() { sed 's/^0x//' "$1" | tr a-f A-F; }

# "VENDOR DEVICE SUBSYSTEM REVISION CLASS PLACE", as Windows writes them; PLACE is the slot times eight plus function.
pci() {
    for device in /sys/bus/pci/devices/0000:00:*; do
        place=${device##*:}
        echo "$(read_hex "$device/vendor") $(read_hex "$device/device")" \
            "$(read_hex "$device/subsystem_device")$(read_hex "$device/subsystem_vendor")" \
            "$(read_hex "$device/revision") $(read_hex "$device/class")" \
            "$(printf %02X $((0x${place%.*} * 8 + ${place#*.})))"
    done
}

# "TABLE OEM OEM-TABLE REVISION" of the tables whose names Windows keeps. Linux shows no RSDT.
acpi() {
    for table in DSDT FACP; do
        file=/sys/firmware/acpi/tables/$table
        [ -e "$file" ] || continue
        echo "$table $(id_at "$file" 10 6) $(id_at "$file" 16 8)" \
            "$(dd if="$file" bs=1 skip=24 count=4 2>/dev/null | od -An -tx4 | tr -d ' ' | tr a-f A-F)"
    done
}

# A name of at most so many characters: Windows writes '_' for spaces, and stops at the first NUL.
id_at() { dd if="$1" bs=1 skip="$2" count="$3" 2>/dev/null | tr '\000' '\n' | head -n 1 | tr ' ' _; }

dmi() {
    for name in bios_vendor bios_version bios_date sys_vendor product_name product_version product_uuid; do
        echo "$name=$(cat /sys/class/dmi/id/$name)"
    done
}

# RawSMBIOSData of Windows: a byte, the version (two bytes of the entry point), a byte, the size, the table.
smbios() {
    tables=/sys/firmware/dmi/tables
    printf '\000'
    dd if=$tables/smbios_entry_point bs=1 skip=6 count=2 2>/dev/null
    size=$(wc -c <$tables/DMI)
    printf "\\000\\$(printf %03o $((size & 255)))\\$(printf %03o $((size >> 8)))\\000\\000"
    cat $tables/DMI
}

# ---- the same as Windows has it: sections of Wine's system.reg ----

key() { printf '\n[%s] 1\n' "$(echo "$1" | sed 's/\\/\\\\/g')"; }
texts() { # NAME TEXT...
    printf '"%s"=str(7):"' "$1"
    shift
    for text; do printf '%s\\0' "$(echo "$text" | sed 's/\\/\\\\/g')"; done
    echo '"'
}

# Ids and their order: "Identifiers for PCI Devices" of the Windows driver documentation.
pci_section() { # VENDOR DEVICE SUBSYSTEM REVISION CLASS PLACE
    v=VEN_$1
    vd="$v&DEV_$2"
    base=${5%??}
    key "System\\CurrentControlSet\\Enum\\PCI\\$vd&SUBSYS_$3&REV_$4\\3&267A616A&0&$6"
    echo '"DeviceDesc"="PCI Device"'
    echo '"ClassGUID"="{00000000-0000-0000-0000-000000000000}"'
    texts HardwareID "PCI\\$vd&SUBSYS_$3&REV_$4" "PCI\\$vd&SUBSYS_$3" "PCI\\$vd&CC_$5" "PCI\\$vd&CC_$base"
    texts CompatibleIDs "PCI\\$vd&REV_$4" "PCI\\$vd" "PCI\\$v&CC_$5" "PCI\\$v&CC_$base" "PCI\\$v" "PCI\\CC_$5" "PCI\\CC_$base"
}

# Windows calls the table FACP by its other name, FADT.
acpi_section() { # TABLE OEM OEM-TABLE REVISION
    name=$1
    [ "$1" != FACP ] || name=FADT
    key "Hardware\\ACPI\\$name\\$2\\$3\\$4"
    printf '"00000000"=hex:%s\n' "$(od -An -v -tx1 -N36 "/sys/firmware/acpi/tables/$1" | tr -s ' \n' , | sed 's/^,//; s/,$//')"
}

# ---- the programs ----

wine() {
    env -i PATH=/usr/bin:/bin HOME=/tmp USER=root LANG=C.UTF-8 WINEPREFIX=/prefix WINEDEBUG=-all \
        WINEDLLOVERRIDES='mscoree,mshtml=;winemenubuilder.exe=' /bin/chroot "$ROOT" "$@"
}

# Into a file: with a terminal, Wine would draw a console.
run() { # PROGRAM NAME ARGUMENTS...
    to=$results/$1-$2
    program=/tmp/job/$1/xenpv.exe
    say "$1 $2 begins"
    shift 2
    wine /usr/lib/wine/wine64 "$program" "$@" >"$to" 2>"$to.err" </dev/null
    echo $? >"$to.exit"
}

say() { echo "xen-bed: $* ($(cut -d. -f1 /proc/uptime) s)"; }

leaves >"$results/leaves"
pci >"$results/pci"
acpi >"$results/acpi"
dmi >"$results/dmi"
smbios >"$results/smbios"
{
    while read -r line; do pci_section $line; done <"$results/pci"
    while read -r line; do acpi_section $line; done <"$results/acpi"
} >>"$registry"
mkdir -p "$ROOT/var/lib/dbus"
sed -n 's/^product_uuid=//p' "$results/dmi" | tr -d - >"$ROOT/var/lib/dbus/machine-id"
wine /usr/lib/wine/wineserver64 -p
run x86_64 facts.json detect --json
run x86_64 detect detect
run x86_64 status status
run x86_64 plan plan
run i686 facts.json detect --json

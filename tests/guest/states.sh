# shellcheck shell=bash
# What `status` says of a guest: its word, exit code and findings, for the table status.txt. Sourced by matrix.sh.
#
# On each Windows it is asked before anything is installed ("fresh") and, with each family, when all is done ("healthy").
# The rows of `state_rows` are asked between the steps, too ("installed", "removed", "removed-restarted"), and then broken
# in each way that Wine can hold. Each break is made in a copy of the healthy guest, by what breaks it in the field: a
# registry edit, a file that is gone or another one; so none sees what another did. A way of breaking is a function
# break_NAME; it returns 1 where it does not apply to the family. Those in `after_restart` show after a start only.
# GUEST_STATES names other rows than those of `state_rows`, as WINDOWS/FAMILY, or none; GUEST_BREAKS some of the ways.
state_rows=${GUEST_STATES-winxp-x86/gplpv win7-x64/univention-gplpv win7-x64/xenproject win10-x64/gplpv win10-x64/xenproject win2022-x64/xenproject}
state_columns='windows program family state exit word findings'
# The drivers whose names differ: that of the disk, that of the network, the bus.
driver_names() { if [ "$family" = xenproject ]; then disk=xenvbd net=xennet bus=xenbus; else disk=XenVbd net=XenNet bus=XenPCI; fi; }

machine='HKEY_LOCAL_MACHINE'
services=$machine'\System\CurrentControlSet\Services'
control=$machine'\System\CurrentControlSet\Control'
enum=$machine'\System\CurrentControlSet\Enum'
current=$machine'\Software\Microsoft\Windows\CurrentVersion'

reg_import() { # standard input: sections of a .reg file, with plain backslashes in names
    { printf 'REGEDIT4\n\n'; cat; } >"$dir/drive_c/xenpv/import.reg"
    "$guest" exec "$dir" -- 'C:\windows\regedit.exe' /S 'C:\xenpv\import.reg' >/dev/null 2>&1
}
reg_set() { printf '[%s]\n"%s"=%s\n' "$1" "$2" "$3" | reg_import; } # KEY NAME DATA-AS-IN-A-REG-FILE
reg_delete() { printf '[-%s]\n' "$1" | reg_import; }                # KEY
multi_sz() { printf 'hex(7):'; printf '%s\0' "$@" '' | od -An -v -tx1 | tr -d '\n' | sed 's/^ //; s/ /,/g'; echo; }
driver_file() { find "$dir/drive_c/windows/system32/drivers" -iname "$1.sys"; }
start_options() { reg_set "$control" SystemStartOptions "\" $*\""; }

# ---- the drivers' services and files -------------------------------------------------------------------------------

break_service-deleted() { reg_delete "$services\\$net"; }
break_disk-service-deleted() { reg_delete "$services\\$disk"; }
break_disk-on-demand() { reg_set "$services\\$disk" Start dword:00000003; }
break_bus-disabled() { reg_set "$services\\$bus" Start dword:00000004; }
break_file-missing() { rm -f "$(driver_file "$net")"; }
break_file-altered() {
    local file
    file=$(driver_file "$net")
    cp "$file" "$file.new" # the old one may be shared with the other guests
    printf '\x55' | dd of="$file.new" bs=1 seek=700 conv=notrunc status=none
    mv "$file.new" "$file"
}

# ---- filters, start of Windows -------------------------------------------------------------------------------------

break_orphan-filter() { reg_set "$control\\Class\\{4D36E97B-E325-11CE-BFC1-08002BE10318}" UpperFilters "$(multi_sz scsifilt)"; }
break_storage-asleep() { reg_set "$services\\intelide" Start dword:00000003; }
break_active-device-gone() {
    [ "$family" = xenproject ] || return 1
    reg_set "$services\\xenfilt\\Parameters" ActiveDeviceID '"PCI\\VEN_5853&DEV_0002&SUBSYS_00025853&REV_02"'
}
break_nvme-unplugged() { reg_set "$services\\XEN\\ForceUnplug" DISKS dword:00000009; }
break_started-emulated() { [ "$family" != xenproject ] && start_options TESTSIGNING NOGPLPV; }
break_safe-mode() { start_options TESTSIGNING SAFEBOOT:MINIMAL; }
break_test-signing-on() { start_options TESTSIGNING; }
break_test-signing-off() { start_options NOEXECUTE=OPTIN; }
break_not-xen() { :; }

# ---- families and products side by side ----------------------------------------------------------------------------

# A device of the other family's, bound to its driver.
break_foreign-family() {
    local class='{4d36e97b-e325-11ce-bfc1-08002be10318}' service=xenvbd provider=XCP-ng id='XENBUS\VEN_XN0001&DEV_VBD'
    [ "$family" != xenproject ] || { service=XenVbd provider='Xen GPL PV Driver Developers' id='XEN\VBD'; }
    reg_import <<END
[$enum\\$id\\0]
"ClassGUID"="$class"
"HardwareID"=$(multi_sz "$id")
"Service"="$service"
"Driver"="$class\\\\0042"

[$control\\Class\\$class\\0042]
"InfPath"="oem42.inf"
"ProviderName"="$provider"
"DriverVersion"="9.0.9048.0"

[$services\\$service]
"Type"=dword:00000001
"Start"=dword:00000000
END
}
break_foreign-staged() {
    local file=$fixtures/work/xenproject-8.2.2/xenvbd/x86/xenvbd.inf provider=XCP-ng
    [ "$family" != xenproject ] || { file=$fixtures/work/univention-like/2003x64/drivers/xenvbd/xenvbd.inf provider=; }
    sed "${provider:+s/Xen Project/$provider/}" "$file" >"$dir/drive_c/windows/inf/oem42.inf"
}
product() { # CODE NAME VERSION PUBLISHER
    printf '[%s\\Uninstall\\%s]\n"DisplayName"="%s"\n"DisplayVersion"="%s"\n"Publisher"="%s"\n\n' "$current" "$@"
}
break_product-twice() {
    [ "$family" != xenproject ] || return 1
    { product '{00000001-0000-0000-0000-000000000001}' 'GPL PV Drivers for Windows' 0.11.0.372 'James Harper'
        product '{00000002-0000-0000-0000-000000000002}' 'GPL PV Drivers for Windows' 0.11.0.356 'James Harper'; } | reg_import
}
break_product-left-over() { product '{00000003-0000-0000-0000-000000000003}' 'AWS PV Drivers' 8.2.4 'Amazon Web Services' | reg_import; }
break_bus-of-another-release() {
    local key version=0.11.0.356
    [ "$family" != xenproject ] || version=8.2.1.5
    key=$("$guest" exec "$dir" -- 'C:\windows\system32\reg.exe' query 'HKLM\System\CurrentControlSet\Enum\PCI' /s /v Driver 2>/dev/null |
        tr -d '\r' | grep -A 1 VEN_5853 | sed -nE 's/.*REG_SZ +//p' | head -n 1)
    reg_set "$control\\Class\\$key" DriverVersion "\"$version\""
}

# ---- devices, restarts, logs ---------------------------------------------------------------------------------------

# Plug and Play would bind it anew: the node is as after a refused installation.
break_device-without-driver() {
    local instance
    xenpv detect --json
    instance=$(from_out ".devices[] | select(.service == \"$net\") | .instance")
    printf '[%s\\%s]\n"Service"=-\n"Driver"=-\n' "$enum" "$instance" | reg_import
}
break_restart-for-drivers() {
    reg_set "$control\\Session Manager" PendingFileRenameOperations \
        "$(printf '\\??\\C:\\windows\\System32\\drivers\\usbport.sys\0\0\0' | od -An -v -tx1 | tr -d '\n' | sed 's/^ /hex(7):/; s/ /,/g')"
}
break_restart-for-update() { printf '[%s\\Component Based Servicing\\RebootPending]\n' "$current" | reg_import; }
break_driver-asks() { [ "$family" = xenproject ] && reg_set "$services\\xenbus_monitor\\Request\\xenvif" Reboot dword:00000001; }
break_monitor-restarts() { [ "$family" = xenproject ] && reg_set "$services\\xenbus_monitor\\Parameters" AutoReboot dword:00000003; }
break_updates-refused() { reg_set "$services\\XENBUS" AllowUpdate dword:00000000; }
break_fast-startup() { reg_set "$control\\Session Manager\\Power" HiberbootEnabled dword:00000001; }
break_setup-failed() {
    local log=$dir/drive_c/windows/inf/setupapi.dev.log line='>>>  [Device Install - XENBUS\VEN_XP0001&DEV_VIF\_]'
    [[ $windows != winxp* ]] || log=$dir/drive_c/windows/setupapi.log
    printf '%s\r\n' "$line" '>>>  Section start 2026/04/14 08:04:00.000' '!!!  dvi: it was vetoed' \
        '<<<  [Exit status: FAILURE(0xe0000203)]' >"$log"
}

# ---- asking --------------------------------------------------------------------------------------------------------

all_breaks() { declare -F | sed -n 's/^declare -f break_//p' | LC_ALL=C sort; }
breaks() { tr ' ' '\n' <<<"${GUEST_BREAKS-$(all_breaks)}" | grep .; }
# What is not asked for, with a space around each.
left_out() { echo " $(LC_ALL=C comm -23 <(all_breaks) <(breaks | LC_ALL=C sort) | tr '\n' ' ') "; }
after_restart=' bus-disabled disk-service-deleted '

# record_state STATE: a row of what `status --json` said last.
record_state() {
    local folder=$scratch/$windows/reports
    mkdir -p "$folder"
    cp "$dir/.guest/out" "$folder/${family:-none}-$1.json"
    printf '%s\t' "$windows" "$program" "${family:--}" "$1" "$exit_code" >>"$scratch/$windows/states"
    from_out '(reduce .status.findings[].code as $code ([]; if any(.[]; . == $code) then . else . + [$code] end)) as $codes
        | "\(.status.word)\t\($codes | join(" "))"' >>"$scratch/$windows/states"
}
# What guests print is what the schemas say.
judge_reports() {
    (cd "$root" && python3 tests/lint/facts.py 'what the guests report' "$scratch"/*/facts.json "$scratch"/*/reports/*.json) |
        sed 's|ok schemas: |ok guest-matrix/schemas: |'
}
is_state_row() { [[ " $state_rows " == *" $windows/$family "* ]]; }

# Between the steps of a row; what it says is compared at the end.
ask_state() { # STATE
    is_state_row || return 0
    xenpv status --json
    record_state "$1"
}

one_state() { # NAME
    dir=$healthy.$1
    "$guest" copy "$healthy" "$dir" && "$guest" boot "$dir" || return
    if "break_$1"; then
        [[ $after_restart != *" $1 "* ]] || "$guest" reboot "$dir" >/dev/null 2>&1
        if [ "$1" = not-xen ]; then xenpv_elsewhere; else xenpv status --json; fi
        record_state "$1"
    fi
    "$guest" delete "$dir"
    rm -rf "$dir"
}
xenpv_elsewhere() {
    "$guest" exec "$dir" --cpuid none --status "$dir/.guest/status" -- 'C:\xenpv\xenpv.exe' status --json >"$dir/.guest/out" 2>/dev/null
    read -r _ exit_code <"$dir/.guest/status"
}

step_states() {
    local dir=$dir name disk net bus
    local healthy=$dir.healthy
    is_state_row || return 0
    driver_names
    # The service's windows are in the log of its session, which ends here.
    windows_made=$((windows_made + $(windows_in "$dir/.guest/session.log")))
    "$guest" copy "$dir" "$healthy" || return 0
    for name in $(breaks); do one_state "$name"; done
    rm -rf "$healthy"
}

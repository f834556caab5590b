# shellcheck shell=bash
# Making a guest: a Wine prefix that poses as one Windows version. Sourced by guest.sh.
#
# `wineboot -i` takes ten seconds and 600 MB, so it is done once for 32-bit and once for 64-bit
# Windows, and copied. Files of 64 KiB and more are hard links to the template: a program of a guest
# that wrote into one of Wine's own DLLs would write into the template, which is checked for that.

known_windows() { sed -n '/^[^#]/s/\t.*//p' "$here/windows.tsv"; }

# Reads the row of windows.tsv for the name or alias $1 into row_*.
find_windows() {
    local line
    line=$(awk -F '\t' -v want="$1" '/^[^#]/ { n = split($10, alias, ",")
        for (i = 1; i <= n; i++) if (alias[i] == want) { print; exit }
        if ($1 == want) { print; exit } }' "$here/windows.tsv")
    [ -n "$line" ] || die "no Windows is called '$1'; tests/guest/guest.sh windows lists the names"
    IFS=$'\t' read -r row_name row_nt row_build row_ubr row_sp row_type row_arch row_product \
        row_edition _ <<<"$line"
}

# ---- templates ----

template_listing() {
    (cd "$1" && find . -type f ! -name '.guest*' -printf '%P\t%s\t%T@\n' | LC_ALL=C sort)
}

template_good() {
    [ -f "$1/.guest-listing" ] && template_listing "$1" | cmp -s - "$1/.guest-listing"
}

# Inode, time and hash of each file of drive C, for snapshot.sh.
template_hashes() {
    (cd "$1/drive_c" && find . -type f -printf '%i\t%T@\t%P\n') |
        while IFS=$'\t' read -r inode time path; do
            printf '%s\t%s\t' "$inode" "$time"
            sha256sum <"$1/drive_c/$path"
        done | sed 's/  -$//'
}

# Sets template to a good template for the architecture $1 (x86 or x64).
make_template() {
    template=$build/template-$1
    exec {template_lock}>"$build/template-$1.lock"
    flock "$template_lock"
    if ! template_good "$template"; then
        [ ! -e "$template" ] || say "the template '$template' was changed; making a new one"
        rm -rf "$template"
        make_prefix "$1" "$template.new"
        mv "$template.new" "$template"
        template_hashes "$template" >"$template/.guest-hashes"
        template_listing "$template" >"$template/.guest-listing"
    fi
    exec {template_lock}>&-
}

make_prefix() {
    local dir=$2 arch=$1 wine_arch=win32 boot
    [ "$1" = x86 ] || wine_arch=win64
    space_commands
    rm -rf "$dir"
    mkdir -p "$dir"
    session_environment host
    boot='"$1" wineboot -i; wineserver -k; wineserver -w'
    "${make_space[@]}" "${environment[@]}" WINEARCH="$wine_arch" timeout 300 \
        sh -c "$boot" - "$(wine_loader)" </dev/null >"$build/template-$1.log" 2>&1 || true
    [ -s "$dir/system.reg" ] || die "wineboot failed; see '$build/template-$1.log'"
    # Two guests must not share a socket.
    remove_socket "$dir"
}

copy_template() {
    local target
    target=$(cd "$1" && pwd)
    (
        cd "$template" || exit
        find . -path ./.guest -prune -o ! -name '.guest*' ! \( -type f -size +64k \) -print0 |
            tar --null --no-recursion -T - -cf - | tar -C "$target" -xf -
        # Across file systems there are no hard links.
        find . -path ./.guest -prune -o ! -name '*.reg' -type f -size +64k -print0 >"$target/.large"
        xargs -0 cp -al --parents -t "$target" <"$target/.large" 2>/dev/null ||
            xargs -0 cp -a --parents -t "$target" <"$target/.large"
        cp -a system.reg user.reg userdef.reg "$target/"
    )
    rm "$target/.large"
}

# ---- registry ----

# The functions below print sections in the format of Wine's *.reg files; later ones win.
reg_key() { printf '\n[%s] 1\n' "${1//\\/\\\\}"; }
reg_text() { printf '"%s"="%s"\n' "$1" "${2//\\/\\\\}"; }
reg_number() { printf '"%s"=dword:%08x\n' "$1" "$2"; }

for_type() { if [ "$row_type" -eq 1 ]; then echo "$1"; else echo "$2"; fi; }

version_values() {
    reg_text CurrentBuild "$row_build"
    reg_text CurrentBuildNumber "$row_build"
    reg_text ProductName "$row_product"
    reg_text SystemRoot 'C:\windows'
    # Real Windows 10 says 6.3 in CurrentVersion, but Wine's RtlGetVersion would follow that.
    reg_text CurrentVersion "$row_nt"
    if [ "${row_nt%.*}" -ge 10 ]; then
        reg_number CurrentMajorVersionNumber "${row_nt%.*}"
        reg_number CurrentMinorVersionNumber "${row_nt#*.}"
    fi
    [ "$row_ubr" = - ] || reg_number UBR "$row_ubr"
    [ "$row_sp" -eq 0 ] || reg_text CSDVersion "Service Pack $row_sp"
    if [ "$row_edition" != - ]; then
        reg_text EditionID "$row_edition"
        reg_text InstallationType "$(for_type Client Server)"
    fi
}

# The emulated disk's drivers, as every Windows has them: services that start at boot, and their files. The files hold
# no code: Wine's own disk needs none.
storage_sections() {
    local name
    for name in intelide atapi; do
        reg_key "System\\CurrentControlSet\\Services\\$name"
        reg_text ImagePath "System32\\drivers\\$name.sys"
        reg_number Type 1
        reg_number Start 0
        reg_number ErrorControl 1
    done
}

write_storage_files() {
    local name
    for name in intelide atapi; do echo "$name" >"$1/drive_c/windows/system32/drivers/$name.sys"; done
}

# What ntldr reads, as setup leaves it: read-only, and its lines end as on DOS.
write_boot_ini() {
    local where='multi(0)disk(0)rdisk(0)partition(1)\WINDOWS'
    [ "${row_nt%.*}" -eq 5 ] || return 0
    printf '%s\r\n' '[boot loader]' timeout=30 "default=$where" '[operating systems]' \
        "$where=\"$row_product\" /noexecute=optin /fastdetect" >"$1/drive_c/boot.ini"
    chmod a-w "$1/drive_c/boot.ini"
}

windows_sections() {
    local nt='Microsoft\Windows NT\CurrentVersion' control='System\CurrentControlSet\Control'
    local start=' NOEXECUTE=OPTIN'
    reg_key "Software\\$nt"
    version_values
    if [ "$row_arch" = x64 ]; then
        reg_key "Software\\Wow6432Node\\$nt"
        version_values
    fi
    reg_key "$control\\ProductOptions"
    reg_text ProductType "$(for_type WinNT ServerNT)"
    reg_key "$control\\Windows"
    reg_number CSDVersion $((row_sp * 256))
    [ "$testsigning" = no ] || start+=' TESTSIGNING'
    reg_key "$control"
    reg_text SystemStartOptions "$start"
    # Milliseconds that a service has to answer the service manager; 10 seconds are few on a machine that other tests share.
    reg_number ServicesPipeTimeout 60000
}

# A table as the firmware of Xen HVM guests has it (tools/libacpi): the header alone.
acpi_table() {
    local bytes sum=0 byte
    bytes=$(printf '%s' "$1" | od -An -v -tx1)
    bytes+=" 24 00 00 00 02 00 58 65 6e 00 00 00" # length 36, revision, checksum, "Xen"
    bytes+=" 48 56 4d 00 00 00 00 00 00 00 00 00" # "HVM"
    bytes+=" 48 56 4d 4c 00 00 00 00"             # creator "HVML"
    for byte in $bytes; do sum=$(((sum + 0x$byte) & 255)); done
    set -- $bytes
    printf '%s,' "${@:1:9}"
    printf '%02x' $(((256 - sum) & 255))
    printf ',%s' "${@:11}"
}

acpi_sections() {
    local name
    for name in DSDT FADT RSDT; do
        reg_key "Hardware\\ACPI\\$name\\Xen\\HVM\\00000000"
        printf '"00000000"=hex:%s\n' "$(acpi_table "${name/FADT/FACP}")"
    done
}

# Drops what the template says of its own Windows version, then adds ours.
pose() {
    local registry=$1/system.reg
    awk '
        /^\[/ {
            key = $0
            sub(/Wow6432Node\\\\/, "", key)
            in_version = key ~ /^\[Software\\\\Microsoft\\\\Windows NT\\\\CurrentVersion\]/
        }
        in_version && /^"Current(Version|Build|BuildNumber|(Major|Minor)VersionNumber)"=/ { next }
        in_version && /^"(CSDVersion|ProductName|EditionID|InstallationType|UBR)"=/ { next }
        { print }' "$registry" >"$registry.new"
    {
        windows_sections
        storage_sections
        [ "$cpuid" = none ] || acpi_sections
    } >>"$registry.new"
    mv "$registry.new" "$registry"
}

# ---- SMBIOS ----

# Read in an HVM guest of Xen 4.17.
write_smbios() {
    local uuid=11111111-2222-3333-4444-555555555555
    mkdir -p "$1"
    (
        cd "$1" || exit
        echo Xen | tee bios_vendor sys_vendor chassis_vendor >/dev/null
        echo 4.17.7 | tee bios_version product_version >/dev/null
        echo 11/04/2026 >bios_date
        echo 'HVM domU' >product_name
        echo "$uuid" | tee product_serial product_uuid >/dev/null
        echo 1 >chassis_type
        touch product_sku product_family board_vendor board_name board_version board_serial \
            board_asset_tag chassis_version chassis_serial chassis_asset_tag
    )
}

# ---- new ----

guest_new() {
    local target=${1:-} windows=${2:-} cpuid=xen testsigning=no devices='platform ide nic' nics=
    [ -n "$target" ] && [ -n "$windows" ] || die "usage: guest.sh new DIR WINDOWS [OPTIONS]"
    shift 2
    for option in "$@"; do
        case $option in
            --nics=*) nics=${option#*=} ;;
            --xen) cpuid=xen ;;
            --viridian) cpuid=viridian ;;
            --no-xen) cpuid=none devices='ide nic' ;;
            --testsigning) testsigning=yes ;;
            --vendor-device) devices+=' vendor' ;;
            *) die "new has no option '$option'" ;;
        esac
    done
    find_windows "$windows"
    [ ! -e "$target" ] || [ -z "$(ls -A "$target")" ] || die "'$target' is not empty"
    ("$here/setup-wine.sh") || die "Wine cannot be set up"
    mkdir -p "$build" "$target"
    cpuid_fits
    make_template "$row_arch"
    copy_template "$target"
    pose "$target"
    write_storage_files "$target"
    write_boot_ini "$target"
    write_conf "$target"
}

# A guest that is off, once more; the copy shares its large files as guests share the template's.
guest_copy() {
    local target=${2:-}
    [ -n "$target" ] || die "usage: guest.sh copy DIR COPY"
    [ ! -e "$target" ] || die "'$target' is there already"
    session_shutdown
    mkdir -p "$target/.guest"
    cp -a "$dir/.guest/conf" "$target/.guest/"
    [ ! -d "$dir/.guest/dmi" ] || cp -a "$dir/.guest/dmi" "$target/.guest/"
    : >"$target/.guest/lock"
    template=$dir
    copy_template "$target"
}

# The guest of a processor that cannot fault CPUID runs on the real leaves, and says so.
cpuid_fits() {
    (cpuid_probe) && return
    say "CPUID is not simulated in '$target'"
    cpuid_shown=host
}

write_conf() {
    mkdir -p "$1/.guest"
    [ "$cpuid" = none ] || write_smbios "$1/.guest/dmi"
    cat >"$1/.guest/conf" <<END
windows=$row_name
arch=$row_arch
cpuid=${cpuid_shown:-$cpuid}
testsigning=$testsigning
devices='$devices'
nics=$nics
END
    : >"$1/.guest/lock"
    space_commands
    [ ${#make_space[@]} -gt 0 ] ||
        say "namespaces are not allowed here: no SMBIOS of Xen, no --readonly"
}

#!/bin/bash
# Makes what a real Xen needs to run in QEMU, and prints its folder: bed.sh
#
#   xen          Debian's hypervisor, unpacked, since QEMU's multiboot loader takes no gzip
#   vmlinuz      Debian's kernel, of dom0 and of the guest
#   dom0.cpio    dom0: Xen's tools and what they need, run from memory
#   guest.img    the guest's disk: GRUB, kernel, and a root with Wine and a prefix that poses as a Windows
#   packages     the Debian packages that all this was made of, with their versions
#
# Nothing is installed and no maintainer script runs: apt only says which packages belong together and downloads
# them, and they are unpacked. The folder is kept in the user's cache under a checksum of the recipe and of those
# versions, the packages beside it.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${XDG_CACHE_HOME:-${HOME:?xen: HOME is not set}/.cache}/xenpv
archives=$cache/debs
windows=win10-x64

# The release of Xen is named, so that a new one is a change of this file.
dom0_packages=(linux-image-amd64 xen-hypervisor-4.17-amd64 xen-utils-4.17 xenstore-utils qemu-system-xen busybox-static)
guest_packages=(wine wine64)
dom0_modules=(ahci sd_mod xenfs xen-evtchn xen-gntdev xen-gntalloc xen-privcmd)
guest_modules=(crc32c_generic ext4 xen-blkfront cpuid)

say() { echo "xen: $*" >&2; }
die() { say "$*"; exit 1; }

# ---- packages ----

# apt with this machine's archives, but as if nothing were installed.
apt() {
    apt-get -q -y --no-install-recommends -o Dir::State::status="$work/status" -o Dir::Cache::archives="$archives" \
        -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
        -o APT::Sandbox::User="$(id -un)" -o Debug::NoLocking=1 "$@"
}

# Which packages PACKAGES... need: the names of their files.
closure() {
    apt -s install "$@" 2>"$work/apt.log" | sed -nE 's/^Inst ([^ ]+) \(([^ ]+) .*\[([a-z0-9]+)\]\).*/\1 \2 \3/p' |
        while read -r name version arch; do echo "${name}_${version//:/%3a}_$arch.deb"; done
}

# Writes the lists $work/dom0 and $work/guest.
resolve() {
    guest_packages=("${guest_packages[@]/%/=$(dpkg-query -W -f '${Version}' wine64)}")
    closure "${dom0_packages[@]}" >"$work/dom0" && closure "${guest_packages[@]}" >"$work/guest" &&
        [ -s "$work/dom0" ] && [ -s "$work/guest" ]
}

download() {
    apt --download-only install "${dom0_packages[@]}" >"$work/apt.log" 2>&1 &&
        apt --download-only install "${guest_packages[@]}" >"$work/apt.log" 2>&1
}

update_index() {
    local as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    "${as_root[@]}" apt-get -q -o DPkg::Lock::Timeout=600 update >"$work/apt.log" 2>&1 ||
        say "apt-get update was not complete, continuing: $(grep -m1 '^[EW]:' "$work/apt.log")"
}

apt_said() { grep -m1 '^ *E:' "$work/apt.log" || tail -n 1 "$work/apt.log"; }

# unpack LIST FOLDER: with /bin, /lib and /sbin where Debian has them.
unpack() {
    local deb name
    mkdir -p "$2"/usr/{bin,sbin,lib,lib64}
    for name in bin sbin lib lib64; do ln -s "usr/$name" "$2/$name"; done
    while read -r deb; do
        dpkg-deb --fsys-tarfile "$archives/$deb" | tar -x --keep-directory-symlink -C "$2" \
            --exclude='./usr/share/*/*.gz' --exclude='./usr/share/doc' --exclude='./usr/share/man' \
            --exclude='./usr/share/locale' --exclude='./usr/share/iso-codes' ||
            die "'$deb' cannot be unpacked"
    done <"$1"
}

# ---- dom0 and the guest's first steps ----

# put_modules FOLDER NAME...: into FOLDER/modules, named in the order in which they are loaded.
put_modules() {
    local to=$1/modules file number=100
    shift
    mkdir -p "$to"
    /sbin/modprobe -C /dev/null -d "$work/dom0.root" -S "$kernel" --show-depends -a "$@" |
        sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++' >"$work/modules"
    [ -s "$work/modules" ] || die "the kernel $kernel has none of these modules: $*"
    while read -r file; do
        cp "$file" "$to/$number-${file##*/}"
        number=$((number + 1))
    done <"$work/modules"
}

archive() { (cd "$1" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0); }

make_dom0() {
    unpack "$work/dom0" "$work/dom0.root"
    kernel=$(ls "$work/dom0.root/lib/modules")
    /sbin/depmod -b "$work/dom0.root" "$kernel"
    cp "$work/dom0.root/boot/vmlinuz-$kernel" "$work/bed/vmlinuz"
    gunzip <"$work/dom0.root"/boot/xen-4.17-amd64.gz >"$work/bed/xen"
    mkdir -p "$work/initrd/bin"
    cp "$work/dom0.root/bin/busybox" "$work/initrd/bin/"
    cp "$here/guest-init" "$work/initrd/init"
    put_modules "$work/initrd" "${guest_modules[@]}"
    put_modules "$work/dom0.root" "${dom0_modules[@]}"
    cp "$here/dom0-init" "$work/dom0.root/init"
    rm -rf "$work/dom0.root"/{boot,usr/lib/modules,usr/lib/python3*,usr/lib/udev,usr/lib/ipxe,usr/share/perl5}
    archive "$work/dom0.root" >"$work/bed/dom0.cpio"
    rm -rf "$work/dom0.root"
}

# ---- the guest's disk ----

# Another user than root is root in a name space, so that what is ours is root's on the disk.
as_owner() { if [ "$(id -u)" -eq 0 ]; then "$@"; else unshare -r "$@"; fi; }

# The 32-bit Wine of this machine, which tests/guest/setup-wine.sh has unpacked, and its C library.
put_wine32() {
    local to=$1 path
    for path in /usr/lib/i386-linux-gnu /usr/lib32 /usr/lib/wine/wine /usr/lib/wine/wineserver32; do
        mkdir -p "$to${path%/*}"
        cp -a "$path" "$to$path"
    done
    ln -sfn usr/lib32 "$to/lib32"
    ln -sfn /lib32/ld-linux.so.2 "$to/usr/lib/ld-linux.so.2"
    printf '%s\n' /usr/lib/i386-linux-gnu /lib32 >"$to/etc/ld.so.conf"
    # As Wine itself has it here: with its mark.
    cp /usr/lib/x86_64-linux-gnu/wine/x86_64-windows/zlib1.dll "$to/usr/lib/x86_64-linux-gnu/wine/x86_64-windows/"
}

make_guest() {
    local to=$work/guest.root
    unpack "$work/guest" "$to"
    mkdir -p "$to"/{boot,dev,proc,sys,tmp,etc}
    put_wine32 "$to"
    as_owner /sbin/ldconfig -r "$to" 2>/dev/null || die "ldconfig failed"
    "$root/tests/guest/guest.sh" new "$work/prefix" "$windows" --no-xen >&2 ||
        die "the Wine prefix cannot be made"
    rm -rf "$work/prefix/.guest"
    mv "$work/prefix" "$to/prefix"
    cp "$work/bed/vmlinuz" "$to/boot/vmlinuz"
    archive "$work/initrd" | gzip -1 >"$to/boot/initrd.gz"
    make_disk "$to" "$work/bed/guest.img"
}

# A disk that SeaBIOS starts by GRUB, with one partition. Sizes in MiB.
make_disk() {
    local size
    size=$(($(du -sm "$1" | cut -f1) * 11 / 10 + 300))
    truncate -s "$((size + 1))M" "$2"
    echo '2048,,83,*' | /sbin/sfdisk -q "$2"
    as_owner /sbin/mke2fs -q -t ext4 -O ^has_journal,^metadata_csum,^64bit -E offset=1048576 -d "$1" "$2" "${size}M" ||
        die "the guest's file system cannot be made"
    cat >"$work/grub.cfg" <<'CONFIG'
set root=(hd0,msdos1)
linux /boot/vmlinuz console=hvc0 quiet panic=1
initrd /boot/initrd.gz
boot
CONFIG
    grub-mkimage -O i386-pc -o "$work/core.img" -c "$work/grub.cfg" -p '(hd0,msdos1)/boot/grub' \
        biosdisk part_msdos ext2 linux
    dd if=/usr/lib/grub/i386-pc/boot.img of="$2" bs=440 count=1 conv=notrunc status=none
    dd if="$work/core.img" of="$2" bs=512 seek=1 conv=notrunc status=none
}

# ---- main ----

checksum() {
    {
        cat "$work/dom0" "$work/guest" "$here/bed.sh" "$here/dom0-init" "$here/guest-init"
        cat "$root"/tests/guest/{prefix.sh,windows.tsv,setup-wine.sh}
    } | sha256sum | cut -c1-16
}

# Beds of former recipes or packages, 3 GB each; another clone may be about to use one that was asked for just now. And
# what a killed maker left: we hold the lock.
forget_old() {
    local old
    find "$cache" -maxdepth 2 -path '*/xen-????????????????/packages' -mmin +30 | while read -r old; do rm -rf "${old%/*}"; done
    find "$cache" -maxdepth 1 -name 'xen-work.*' ! -path "$work" -exec rm -rf {} +
}

make_bed() {
    local began=$SECONDS
    say "making the test bed in '$bed', in minutes (3 GB are kept, 3 more needed meanwhile)"
    forget_old
    download || { update_index; resolve && download; } || die "the packages cannot be downloaded: $(apt_said)"
    mkdir "$work/bed"
    make_dom0
    make_guest
    sort -u "$work/dom0" "$work/guest" >"$work/bed/packages"
    mv "$work/bed" "$bed"
    say "the test bed is made, in $((SECONDS - began)) s"
}

[ "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" = bookworm ] ||
    die "this needs Debian 12 (bookworm): its Xen, its kernel and its QEMU are known to work together"
mkdir -p "$archives/partial"
exec 9>"$cache/xen.lock"
flock 9
work=$(mktemp -d "$cache/xen-work.XXXXXX")
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT
: >"$work/status"
resolve || { update_index; resolve; } || die "apt knows no such packages: $(apt_said)"
bed=$cache/xen-$(checksum)
[ -e "$bed/packages" ] || make_bed
touch "$bed/packages"
echo "$bed"

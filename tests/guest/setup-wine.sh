#!/bin/bash
# Installs Wine, 64-bit and 32-bit, and the compilers that tests/guest/build.sh needs.
#
# 64-bit Wine and the compilers come from apt. 32-bit Wine does not: with i386 as a foreign
# architecture apt refuses it whenever an amd64 library has a security update that its i386 twin
# lacks. So the i386 packages are downloaded and unpacked only, at the version of the 64-bit Wine;
# their 32-bit C library is the amd64 package libc6-i386. No foreign architecture is added, and no
# file that a package owns is overwritten.
#
# Safe to run again; does nothing when everything is there. Needs root or sudo otherwise.
set -euo pipefail

wine_dir=/usr/lib/wine
lib32=/usr/lib/i386-linux-gnu
lib64=/usr/lib/x86_64-linux-gnu

amd64_packages=(
    ca-certificates gcc libc6-dev gcc-multilib libc6-i386 wine wine64 libz-mingw-w64
    gcc-mingw-w64-x86-64-win32 gcc-mingw-w64-i686-win32 util-linux
)
# libfontconfig1 is not optional: 32-bit Wine with FreeType but without fontconfig starts
# explorer.exe without end in a win32 prefix.
i386_packages=(
    libwine wine32 libfreetype6 libpng16-16 zlib1g libbrotli1 libfontconfig1 libexpat1 libuuid1
    libgnutls30 libnettle8 libhogweed6 libgmp10 libidn2-0 libunistring2 libtasn1-6 libp11-kit0
    libffi8 libudev1 libcap2 libx11-6 libxext6 libxcb1 libxau6 libxdmcp6 libbsd0 libmd0
)

say() { printf 'setup-wine: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
. "$(dirname "${BASH_SOURCE[0]}")/../../deps/i386.sh"

have_wine64() { [ -x /usr/bin/wine ] && [ -x "$wine_dir/wine64" ] &&
    [ -e "$lib64/wine/x86_64-windows/ntdll.dll" ]; }
have_wine32() { [ -x "$wine_dir/wine" ] && [ -e "$lib32/wine/i386-windows/ntdll.dll" ] &&
    [ -e "$lib32/libfontconfig.so.1" ]; }
have_zlib() { [ -e "$lib32/wine/i386-windows/zlib1.dll" ] &&
    [ -e "$lib64/wine/x86_64-windows/zlib1.dll" ]; }
have_compilers() { command -v gcc i686-w64-mingw32-gcc x86_64-w64-mingw32-gcc unshare >/dev/null &&
    [ -e /usr/lib32/libc.so ]; }
have_all() { have_wine64 && have_wine32 && have_zlib && have_compilers; }

become_root() {
    [ "$(id -u)" -eq 0 ] && return
    command -v sudo >/dev/null ||
        die "Wine is missing, and neither root nor sudo is there to install it"
    sudo -n true 2>/dev/null || [ -t 0 ] ||
        die "Wine is missing; run 'sudo $0' once (sudo asks for a password here)"
    exec sudo -- "$0"
}

apt() { apt-get -q -o DPkg::Lock::Timeout=600 -o APT::Sandbox::User=root "$@"; }

install_amd64() {
    export DEBIAN_FRONTEND=noninteractive
    apt install -y --no-install-recommends "${amd64_packages[@]}" >/dev/null 2>&1 && return
    # A third-party repository that is down must not keep us from Debian's.
    apt update >/dev/null || say "apt-get update was not complete, continuing"
    apt install -y --no-install-recommends "${amd64_packages[@]}" >/dev/null ||
        die "apt-get could not install: ${amd64_packages[*]}"
}

download_i386() {
    local version name packages=()
    version=$(dpkg-query -W -f '${Version}' wine64)
    for name in "${i386_packages[@]}"; do packages+=("$name:i386"); done
    packages[0]+="=$version"
    packages[1]+="=$version"
    i386_download "$1" "${packages[@]}"
}

install_i386() {
    local deb
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    download_i386 "$work"
    for deb in "$work"/deb/*.deb; do dpkg-deb -x "$deb" "$work/root"; done
    mkdir -p "$lib32"
    cp -an "$work/root$lib32/." "$lib32/"
    if [ -d "$work/root/lib/i386-linux-gnu" ]; then
        cp -an "$work/root/lib/i386-linux-gnu/." "$lib32/"
    fi
    echo "$lib32" >/etc/ld.so.conf.d/zz-wine32.conf
    ldconfig
    install -m 755 "$work/root$wine_dir/wineserver32" "$work/root$wine_dir/wine" "$wine_dir/"
}

# Wine's setupapi imports zlib1.dll, and Wine loads it only with this mark in the DOS stub; the
# maintainer script of libwine does the same.
mark_zlib() {
    local from=/usr/$1/lib/zlib1.dll to=$2/zlib1.dll
    [ -e "$from" ] || die "'$from' is missing (package libz-mingw-w64)"
    mkdir -p "$2"
    {
        head -c 64 "$from"
        printf 'Wine builtin DLL'
        head -c 16 /dev/zero
        tail -c +97 "$from"
    } >"$to.new"
    mv "$to.new" "$to"
}

if have_all; then exit 0; fi
become_root
if ! have_wine64 || ! have_compilers || [ ! -e /usr/i686-w64-mingw32/lib/zlib1.dll ]; then
    say "installing 64-bit Wine and the compilers with apt-get"
    install_amd64
fi
if ! have_wine32; then
    say "unpacking 32-bit Wine"
    install_i386
fi
if ! have_zlib; then
    mark_zlib i686-w64-mingw32 "$lib32/wine/i386-windows"
    mark_zlib x86_64-w64-mingw32 "$lib64/wine/x86_64-windows"
fi
have_all || die "Wine is still not complete after installing"
say "Wine is ready"

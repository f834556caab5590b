#!/bin/bash
# Debian's 32-bit libraries for the fuzz targets' 32-bit build: deps/libs32.sh FOLDER
#
# They are downloaded and unpacked only, into the user's cache, and FOLDER becomes a link to them: as packages apt would
# refuse them whenever an amd64 library has a security update that its i386 twin lacks, and no foreign architecture has to
# be added. The 32-bit C library itself is the business of the amd64 packages of g++-multilib. Does nothing when all is there.
set -euo pipefail
[ $# -eq 1 ] || { echo 'usage: deps/libs32.sh FOLDER' >&2; exit 2; }

packages='libssl-dev libssl3 libarchive-dev libarchive13 libjansson-dev libjansson4 libacl1 libbz2-1.0 liblz4-1
    liblzma5 libnettle8 libxml2 libzstd1 zlib1g libicu72 libcurl4-openssl-dev libcurl4 libbrotli1 libgssapi-krb5-2
    libidn2-0 libldap-2.5-0 libnghttp2-14 libpsl5 librtmp1 libssh2-1 libkrb5-3 libk5crypto3 libcom-err2 libkrb5support0
    libkeyutils1 libsasl2-2 libunistring2 libgnutls30 libhogweed6 libgmp10 libp11-kit0 libtasn1-6 libffi8'
cache=${XDG_CACHE_HOME:-$HOME/.cache}/xenpv
target=$cache/libs32-$(printf '%s' "$packages" | cat - "${BASH_SOURCE[0]}" "$(dirname "${BASH_SOURCE[0]}")/i386.sh" | sha256sum | cut -c 1-16)

say() { echo "libs32: $*" >&2; }
die() { say "$*"; exit 1; }
. "$(dirname "${BASH_SOURCE[0]}")/i386.sh"

if [ ! -d "$target" ]; then
    mkdir -p "$cache"
    work=$(mktemp -d "$cache/libs32.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    say 'unpacking 32-bit libraries'
    # shellcheck disable=SC2046,SC2086
    i386_download "$work" $(printf '%s:i386 ' $packages)
    for deb in "$work"/deb/*.deb; do dpkg-deb -x "$deb" "$work/root"; done
    # One folder for what the linker looks at, whichever of the two the package chose.
    cp -an "$work/root/lib/i386-linux-gnu/." "$work/root/usr/lib/i386-linux-gnu/"
    mv -T "$work/root" "$target" 2> /dev/null || [ -d "$target" ]
fi
mkdir -p "$(dirname "$1")"
ln -sfn "$target" "$1"

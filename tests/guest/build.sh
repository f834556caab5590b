#!/bin/bash
# Builds the programs of the simulated guest: build.sh [OUT]   (OUT is build/guest by default)
#
#   OUT/preload/<abi>/xenpv-cpuid.so   cpuid.c for both ELF classes, where $LIB of LD_PRELOAD leads
#   OUT/bin/{x86_64,i686}/*.exe        the Windows programs: launch, pnp, probe, difx
#   OUT/bin/{x86_64,i686}/store.sys    the driver that stands for xenstore
#
# Compiles only what is older than its source.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${1:-$here/../../build/guest}
warnings=(-std=c11 -Wall -Wextra -Wshadow -Wconversion -Wvla -Wmissing-prototypes -Wformat=2
    -Werror)
# 0x0502 is the level that names what XP and 2003 have; newer calls are bound at run time.
windows=(-O2 -s -static -municode -DUNICODE -D_UNICODE -D_WIN32_WINNT=0x0502)
libraries=(-lsetupapi -lcfgmgr32 -ladvapi32)

newer() { [ "$1" -nt "$2" ] || [ "$here/build.sh" -nt "$2" ]; }

build_library() {
    local target=$out/preload/$1/xenpv-cpuid.so
    shift
    newer "$here/cpuid.c" "$target" || return 0
    mkdir -p "$(dirname "$target")"
    gcc "$@" "${warnings[@]}" -O2 -fPIC -shared -fvisibility=hidden -fno-stack-protector \
        -o "$target.new" "$here/cpuid.c" -ldl
    mv "$target.new" "$target"
}

build_program() {
    local target=$out/bin/$1/$2.exe
    local source stale=
    for source in "$here/$2"*.[ch]; do
        ! newer "$source" "$target" || stale=yes
    done
    [ -n "$stale" ] || return 0
    mkdir -p "$(dirname "$target")"
    "$1-w64-mingw32-gcc" "${warnings[@]}" "${windows[@]}" -o "$target.new.exe" "$here/$2"*.c \
        "${libraries[@]}"
    mv "$target.new.exe" "$target"
}

# The flags of tests/fixtures/packages.sh: without -shared, which a 32-bit Wine would not take.
build_driver() {
    local target=$out/bin/$1/$2.sys entry=DriverEntry
    newer "$here/$2.c" "$target" || return 0
    [ "$1" = x86_64 ] || entry=_DriverEntry@8
    mkdir -p "$(dirname "$target")"
    "$1-w64-mingw32-gcc" "${warnings[@]}" -O2 -s -ffreestanding -fno-builtin -nostdlib -nostartfiles \
        -Wl,--subsystem,native -Wl,--entry,"$entry" -Wl,--image-base,0x10000 -o "$target.new" "$here/$2.c" \
        -lntoskrnl -lhal
    mv "$target.new" "$target"
}

mkdir -p "$out"
exec 9>"$out/build.lock"
flock 9
build_library lib/x86_64-linux-gnu
# Both places that a 32-bit loader may mean: of Debian's libc6:i386, and of libc6-i386 on amd64.
build_library lib/i386-linux-gnu -m32
build_library lib32 -m32
for arch in x86_64 i686; do
    for name in launch pnp probe bcdedit difx; do
        build_program "$arch" "$name"
    done
    build_driver "$arch" store
done

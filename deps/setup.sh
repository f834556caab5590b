#!/bin/bash
# Installs the Debian packages that are missing here: setup.sh GROUP...
#   build   compilers, native libraries, and what deps/build.sh needs
#   test    unit tests, the recipes of the test packages, and what the scripts of tests/guest call
#   fuzz    clang with libFuzzer
#   fuzz32  the same for 32-bit programs, without their libraries (deps/libs32.sh)
#   html    a browser, and what else looks at the pages
#   xen     the emulator in which a real Xen runs, and what makes its disks
#   packaging  what looks at packaging/, and Ansible's engine
#   bench      the tools that benchmarks compare with, and valgrind
#   analysis   what reads our sources and scripts without running them
# Does nothing, quickly, when all are installed. Wine is the business of tests/guest/setup-wine.sh.
set -euo pipefail

build='ca-certificates gcc libc6-dev make perl patch dpkg-dev xz-utils bzip2
    gcc-mingw-w64-i686-win32 gcc-mingw-w64-x86-64-win32 libssl-dev libarchive-dev
    libcurl4-openssl-dev libjansson-dev'
test='libcmocka-dev openssl osslsigncode msitools wixl gcab cabextract xorriso jq procps
    python3-jsonschema mandoc libxml2-utils'
fuzz='clang-14 libclang-rt-14-dev'
fuzz32='g++-multilib dpkg-dev'
html='chromium tidy poppler-utils pngquant optipng fonts-dejavu-core'
xen='qemu-system-x86 grub-pc-bin grub-common e2fsprogs fdisk cpio kmod'
packaging='ansible-core ansible-lint'
bench='curl valgrind python3'
analysis='clang-tidy-14 cppcheck shellcheck pyflakes3'

say() { echo "setup: $*" >&2; }
die() { say "$*"; exit 1; }

wanted=
for group; do
    case $group in
    build) wanted+=" $build" ;;
    test) wanted+=" $test" ;;
    fuzz) wanted+=" $fuzz" ;;
    fuzz32) wanted+=" $fuzz32" ;;
    html) wanted+=" $html" ;;
    xen) wanted+=" $xen" ;;
    packaging) wanted+=" $packaging" ;;
    bench) wanted+=" $bench" ;;
    analysis) wanted+=" $analysis" ;;
    *) echo "usage: deps/setup.sh build|test|fuzz|fuzz32|html|xen|packaging|bench|analysis..." >&2; exit 2 ;;
    esac
done
if ! command -v dpkg-query apt-get > /dev/null; then
    die "this is not Debian: install what matches these packages of Debian 12: $(echo $wanted)"
fi

# Names of those packages that are not fully installed.
missing() {
    local installed p
    # shellcheck disable=SC2086
    installed=$(dpkg-query -W -f '${db:Status-Abbrev}${Package}|' $wanted 2> /dev/null)
    for p in $wanted; do
        case "|$installed" in *"|ii $p|"*) ;; *) printf '%s ' "$p" ;; esac
    done
}

need=$(missing)
[ -n "$need" ] || exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
    command -v sudo > /dev/null && { sudo -n true 2> /dev/null || [ -t 0 ]; } ||
        die "packages are missing, and neither root nor sudo is there to install them: apt-get install $need"
    as_root=(sudo)
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 \
        -o Acquire::Retries=3 "$@" > "$log" 2>&1
}
say "installing $need"
# The index is often there already; when not, or when it is stale, it is read anew. A third party's source
# that cannot be read must not stop us.
# shellcheck disable=SC2086
if ! apt install --no-install-recommends $need; then
    apt update || say "apt-get update was not complete, continuing: $(grep -m1 '^[EW]:' "$log")"
    apt install --no-install-recommends $need || {
        tail -n 15 "$log" >&2
        die "apt-get could not install: $need"
    }
fi

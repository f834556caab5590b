#!/bin/bash
# Builds the static libraries that xenpv links, for one Windows target, from the sources in sources.lock.
#   build.sh i686-w64-mingw32|x86_64-w64-mingw32 [LINK]
# The result, {include,lib}, is kept in the user's cache under a checksum of recipe, lock and compiler, so that
# another build or another clone finds it. Its path is printed; LINK becomes a symbolic link to it.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
die() { echo "deps: $*" >&2; exit 1; }

target=${1:-}
case "$target" in
i686-w64-mingw32|x86_64-w64-mingw32) ;;
*) echo "usage: deps/build.sh i686-w64-mingw32|x86_64-w64-mingw32 [LINK]" >&2; exit 2 ;;
esac
for tool in "$target-gcc-win32" "$target-ar" dpkg-source patch perl make flock; do
    command -v "$tool" > /dev/null || die "$tool is missing: run deps/setup.sh build"
done

cache=${XDG_CACHE_HOME:-${HOME:?deps: HOME is not set}/.cache}/xenpv
key=$({ cd "$here"; cat build.sh build.mk sources.lock; "$target-gcc-win32" -dumpversion -dumpfullversion; } |
    sha256sum | cut -c1-16)
home=$cache/deps-$key
result=$home/$target

finish() {
    [ -z "${2:-}" ] || { mkdir -p "$(dirname "$2")"; ln -sfn "$1" "$2"; }
    echo "$1"
    exit 0
}
[ ! -e "$result/.complete" ] || finish "$result" "${2:-}"

mkdir -p "$home"
# One maker at a time: each uses all processors, and the second one of a target finds it done.
exec 9> "$home/lock"
flock 9
[ ! -e "$result/.complete" ] || finish "$result" "${2:-}"

exec 8> "$cache/sources.lock"
flock 8
"$here/fetch.sh" "$cache/sources"
exec 8>&-

# We hold the lock, so a work folder of this target is what a killed maker left.
rm -rf "$home/work-$target".*
work=$(mktemp -d "$home/work-$target.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/stage/include" "$work/stage/lib"
log=$home/$target.log
echo "deps: building the libraries for $target, about 2 minutes (log: $log)" >&2
began=$SECONDS
# Our own job server: the options of a make that called us (-n, -k, -B) are not for this one.
unset MAKEFLAGS MFLAGS MAKELEVEL
if ! make -j"$(nproc)" --no-print-directory --output-sync=target -C "$work" -f "$here/build.mk" \
        TARGET="$target" SOURCES="$cache/sources" LOCK="$here/sources.lock" > "$log" 2>&1 9>&-; then
    tail -n 25 "$log" >&2
    die "building the libraries for $target failed: the whole log is $log"
fi
rm -rf "$work/stage/lib/pkgconfig" "$work/stage/lib/"*.la
touch "$work/stage/.complete"
rm -rf "$result"
mv "$work/stage" "$result"
echo "deps: $target done in $((SECONDS - began)) s" >&2
finish "$result" "${2:-}"

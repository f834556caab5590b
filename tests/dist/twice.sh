#!/bin/bash
# Builds a release in two folders of different lengths and compares every byte: twice.sh
# The libraries are those of the cache; with LIBRARIES=1 the second build makes its own, which takes ten minutes.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
cache=${XDG_CACHE_HOME:-$HOME/.cache}
# Once, so that nobody's editing meanwhile makes a difference.
git ls-files -z | tar --null -T - -cf "$work/tree.tar"
for folder in "$work/a" "$work/the/second/one"; do
    mkdir -p "$folder"
    tar -C "$folder" -xf "$work/tree.tar"
    echo "dist-check: building in $folder" >&2
    if [ -n "${LIBRARIES:-}" ] && [ "$folder" != "$work/a" ]; then
        mkdir -p "$work/cache/of/its/own/xenpv"
        cp -r "$cache/xenpv/sources" "$work/cache/of/its/own/xenpv/"
        export XDG_CACHE_HOME=$work/cache/of/its/own
    fi
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "$folder" -f Makefile.mingw dist > "$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; exit 1; }
done
if diff "$work/a/build/dist/SHA256SUMS" "$work/the/second/one/build/dist/SHA256SUMS"; then
    echo 'ok dist-check: two builds in different folders give the same bytes'
    cat "$work/a/build/dist/SHA256SUMS"
else
    echo 'not ok dist-check: these files differ between two folders (above)'
    exit 1
fi

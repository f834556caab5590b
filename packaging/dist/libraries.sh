#!/bin/bash
# The licences of all libraries in the Windows programs, as one text: libraries.sh SOURCES
# SOURCES is the folder of deps/fetch.sh; what is read from there is checked against deps/sources.lock first.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
lock=$here/../../deps/sources.lock
die() { echo "libraries: $*" >&2; exit 1; }
[ $# = 1 ] || { echo "usage: packaging/dist/libraries.sh SOURCES" >&2; exit 2; }

# licence SOURCE FILE: its text.
licence() {
    local archive
    case $2 in /*) cat "$2"; return ;; esac
    archive=$(awk -v p="$1" '$1 == "source" { on = $2 == p } on && $2 ~ /\.orig\.tar\.[a-z0-9]+$/ { print $2 }' "$lock")
    (cd "$sources" && grep -F "  $archive" "$lock" | sha256sum --check --quiet >&2) || die "'$archive' is not the one of the lock"
    tar -xOf "$sources/$archive" --wildcards --no-wildcards-match-slash --occurrence=1 "*/$2"
}

sources=$1
printf 'The Windows programs of xenpv contain these libraries, linked statically. Each one'"'"'s licence follows.\n'
grep -v '^#' "$here/libraries.tsv" | cut -f2- | sort -u | while IFS=$'\t' read -r name spdx file; do
    text=$(licence "$name" "$file") && [ -n "$text" ] || die "the licence of $name could not be read"
    printf '\n==== %s: %s\n\n%s\n' "$name" "$spdx" "$text"
done

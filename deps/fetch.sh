#!/bin/bash
# Fetches the Debian source packages named in sources.lock through apt, from the mirror this machine
# already uses, and checks every file against the lock. Needs no root and leaves apt's own lists alone.
#   fetch.sh DIR        put the locked files into DIR
#   fetch.sh --current  print a lock for the versions that the mirror offers now
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
lock=$here/sources.lock
die() { echo "deps: $*" >&2; exit 1; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Debian entries of apt's configuration, old one-line format or deb822: "URI SUITE COMPONENT".
configured() {
    local f
    for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ -r "$f" ] || continue
        sed -nE 's/^deb +(\[[^]]*\] +)?([^ ]+) +([^ ]+) +(.*)/\2 \3 \4/p' "$f"
    done
    for f in /etc/apt/sources.list.d/*.sources; do
        [ -r "$f" ] || continue
        awk 'function out(  n, i, a) {
                 n = split(suites, a, " ")
                 if (types ~ /deb/ && enabled !~ /no/) for (i = 1; i <= n; i++) print uri, a[i], components
                 types = uri = suites = components = enabled = ""
             }
             function value() { sub(/^[^:]*:[ \t]*/, ""); return $0 }
             /^Types:/ { types = value() }
             /^URIs:/ { uri = $2 }
             /^Suites:/ { suites = value() }
             /^Components:/ { components = value() }
             /^Enabled:/ { enabled = value() }
             /^[ \t]*$/ { out() }
             END { out() }' "$f"
    done
}

apt_options=(-o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$scratch/sources.d"
             -o Dir::State::lists="$scratch/lists" -o Dir::Cache="$scratch/cache"
             -o APT::Sandbox::User="$(id -un)" -o Acquire::Retries=3 -o Acquire::Languages=none)

prepare_apt() {
    command -v apt-get > /dev/null ||
        die "apt-get is missing: the libraries are built from Debian's source packages, use a Debian 12 machine"
    mkdir -p "$scratch/sources.d" "$scratch/lists/partial" "$scratch/cache/archives/partial"
    local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    configured | awk '$2 ~ /^(bookworm|oldstable)(-updates|-security)?$/' | sort -u |
        while read -r uri suite components; do
            case " $components " in *" main "*) ;; *) continue ;; esac
            printf 'Types: deb-src\nURIs: %s\nSuites: %s\n' "$uri" "$suite"
            printf 'Components: main\nSigned-By: %s\n\n' "$keyring"
        done > "$scratch/sources.d/debian.sources"
    [ -s "$scratch/sources.d/debian.sources" ] ||
        die "apt's configuration names no Debian 12 (bookworm) mirror: add one to /etc/apt/sources.list.d"
    apt-get "${apt_options[@]}" -qq update > "$scratch/update.log" 2>&1 ||
        echo "deps: apt-get update was not complete, continuing: $(grep -m1 '^[EW]:' "$scratch/update.log")" >&2
}

# All files of the lock that belong to package $1: "SHA256  FILE".
files_of() {
    awk -v p="$1" '$1 == "source" { on = $2 == p; next } on && NF == 2 && $1 !~ /^#/ { print $1 "  " $2 }' "$lock"
}

fetch_package() { # NAME VERSION DIR
    local name=$1 version=$2 dir=$3 why wrong
    if (cd "$dir" && files_of "$name" | sha256sum --check --status) 2> /dev/null; then return; fi
    [ -d "$scratch/lists" ] || prepare_apt
    mkdir -p "$scratch/$name"
    cd "$scratch/$name"
    if ! apt-get "${apt_options[@]}" -qq source --only-source --download-only "$name=$version" > "$scratch/log" 2>&1
    then
        why=$(grep -m1 '^E:' "$scratch/log" || true)
        die "cannot get Debian source package $name $version ($why): if the mirror has replaced it," \
            "take the new version and checksums from deps/fetch.sh --current into deps/sources.lock"
    fi
    wrong=$(files_of "$name" | sha256sum --check --quiet 2> /dev/null | head -n1 || true)
    [ -z "$wrong" ] || die "$name $version: $wrong: the mirror's file is not the one in deps/sources.lock," \
        "nothing is built from it"
    files_of "$name" | awk '{ print $2 }' | xargs cp -t "$dir"
}

current() {
    prepare_apt
    sed -n '/^#/p' "$lock"
    awk '$1 == "source" { print $2 }' "$lock" | while read -r name; do
        # showsrc prints all versions offered: take the newest one.
        local newest=
        for v in $(apt-cache "${apt_options[@]}" showsrc --only-source "$name" | sed -n 's/^Version: //p'); do
            if [ -z "$newest" ] || dpkg --compare-versions "$v" gt "$newest"; then newest=$v; fi
        done
        printf '\nsource %s %s\n' "$name" "$newest"
        apt-cache "${apt_options[@]}" showsrc --only-source "$name" |
            awk -v want="$newest" '/^Version:/ { on = $2 == want } /^[A-Z]/ { sums = /^Checksums-Sha256:/ }
                on && sums && /^ / && !seen[$3]++ { print $1 "  " $3 }'
    done
}

case "${1:-}" in
--current) current ;;
''|-*) echo "usage: deps/fetch.sh DIR | --current" >&2; exit 2 ;;
*)
    mkdir -p "$1"
    dir=$(cd "$1" && pwd)
    while read -r word name version; do
        [ "$word" = source ] || continue
        fetch_package "$name" "$version" "$dir"
    done < "$lock"
    ;;
esac

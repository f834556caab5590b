# shellcheck shell=bash
# i386 packages of Debian, downloaded and nothing else: no foreign architecture is added. Sourced; the caller has `die`.

# Prints "URI SUITE" of Debian's main archive as apt itself is configured, whichever the format of its sources files.
debian_source() {
    local codename
    codename=$(. /etc/os-release && printf %s "${VERSION_CODENAME:-}")
    [ -n "$codename" ] || return 1
    apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(REPO_URI) $(RELEASE)' 'Identifier: Packages' |
        awk -v want="$codename" '$1 == "Debian" && $2 == "main" && ($4 == want || $4 == "stable") { print $3, $4; exit }'
}

# i386_download FOLDER PACKAGE[:i386=VERSION]...: into FOLDER/deb; the rest of FOLDER is apt's.
i386_download() {
    local work=$1 source keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    shift
    source=$(debian_source) && [ -n "$source" ] || die 'apt knows no Debian archive with component main for this release'
    mkdir -p "$work"/{sources,lists/partial,deb}
    {
        printf 'Types: deb\nURIs: %s\nSuites: %s\n' "${source% *}" "${source#* }"
        printf 'Components: main\nArchitectures: i386\n'
        if [ -e "$keyring" ]; then printf 'Signed-By: %s\n' "$keyring"; fi
    } >"$work/sources/main.sources"
    local apt=(
        apt-get -q -o DPkg::Lock::Timeout=600 -o APT::Sandbox::User=root
        -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$work/sources" -o Dir::State::lists="$work/lists"
        -o APT::Architectures::=amd64 -o APT::Architectures::=i386
    )
    "${apt[@]}" update >/dev/null || die 'the i386 package index cannot be read'
    (cd "$work/deb" && "${apt[@]}" download "$@" >/dev/null) || die 'the i386 packages cannot be downloaded'
}

# shellcheck shell=bash
# The state of a guest as sorted text, so that two can be compared with diff. Sourced by guest.sh.
#
# The guest is shut down for it: only then is the registry on the disk. Times of keys and files are
# left out. Volatile keys are not there at all: Wine does not save them.

guest_snapshot() {
    session_shutdown
    {
        registry_lines HKLM "$dir/system.reg"
        registry_lines HKCU "$dir/user.reg"
        file_lines
    } | grep -vE "$wines_own" | LC_ALL=C sort >"$1"
}

# What Wine's desktop and debugger write by themselves in a session, at a moment of their own: the display adapter and
# monitor that explorer.exe finds (classes 4D36E968 and 4D36E96E, PCI and DISPLAY nodes of it), and winedbg's settings.
wines_own='Control\\\\Class\\\\\{4D36E96[8E]-E325-11CE-BFC1-08002BE10318\}|HKCU\\\\Software\\\\Wine\\\\WineDbg'

# One line for each key and each value: ROOT\Key and ROOT\Key\\"name"=data.
registry_lines() {
    awk -v root="$1" '
        /^\[/ {
            key = $0
            sub(/^\[/, "", key)
            sub(/\][^\]]*$/, "", key)
            key = root "\\\\" key
            print "key " key
            value = ""
            next
        }
        /^(#|;|$|WINE REGISTRY)/ { next }
        {
            line = $0
            sub(/^  /, "", line)
            value = value line
            if (value ~ /\\$/ && value ~ /=hex/) { sub(/\\$/, "", value); next }
            print "value " key "\\\\" value
            value = ""
        }' "$2"
}

# One line for each file, folder and link of drive C. A file that is still a hard link to the
# template, and has its time, has the hash that was taken there.
file_lines() {
    local known=$build/template-$arch/.guest-hashes
    [ -f "$known" ] || known=/dev/null
    (
        cd "$dir/drive_c" || exit
        find . -type d -printf 'folder C:/%P\n'
        find . -type l -printf 'link C:/%P -> %l\n'
        find . -type f -printf '%i\t%T@\t%P\n' | awk -F '\t' '
            FILENAME != "-" { hash[$1, $2] = $3; next }
            ($1, $2) in hash { print hash[$1, $2] "  ./" $3; next }
            { printf "%s%c", $3, 0 >"/dev/stderr" }' "$known" - 2>"$dir/.guest/changed"
        xargs -0 -r sha256sum -- <"$dir/.guest/changed"
    ) | sed 's/^\([0-9a-f]\{64\}\)  \(\.\/\)\{0,1\}\(.*\)/file C:\/\3 \1/'
    rm "$dir/.guest/changed"
}

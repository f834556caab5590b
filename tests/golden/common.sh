# shellcheck shell=bash
# What the golden scripts share. Sourced from the tree's root, with suite, folder and work; takes --write from $1.
write=
[ "${1:-}" != --write ] || { write=yes; shift; }

ok() { echo "ok $suite/$1"; }
not_ok() { echo "not ok $suite/$1: $2"; }

# compare NAME WANTED HAVE: or, when writing, have it become what is wanted.
compare() {
    if [ -n "$write" ]; then
        cp "$3" "$2"
    elif cmp -s "$2" "$3"; then
        ok "$1"
    else
        not_ok "$1" "$(diff "$2" "$3" | grep '^[<>]' | head -n 4 | tr '\n' '|')"
    fi
}

facts_file() { # NAME FILTER
    case $2 in @*) echo "tests/golden/xen/${2#@}.json" ;; *) echo "$folder/$1.json" ;; esac
}

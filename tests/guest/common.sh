# shellcheck shell=bash
# What the scripts that run xenpv in a simulated guest share. Sourced, with root, here and guest set.

# shellcheck source=tests/guest/nap.sh
. "$here/nap.sh"
# Our folder in a guest.
state='drive_c/ProgramData/xenpv'
fixtures=${XENPV_FIXTURES:-$root/build/fixtures}
test_manifest=$root/build/test-manifest.json

# The made packages and their manifest, made when they are not there.
make_fixtures() {
    "$root/tests/fixtures/make.sh" "$fixtures" >&2
    "$here/test-manifest.sh" "$fixtures" >"$test_manifest.$$"
    mv "$test_manifest.$$" "$test_manifest"
}

# Put the program for the guest in DIR on its disk: prints its Windows name.
install_program() {
    mkdir -p "$1/drive_c/xenpv/packages"
    cp "$root/build/$(program_folder "$1")/xenpv.exe" "$1/drive_c/xenpv/xenpv.exe"
    printf '%s\n' 'C:\xenpv\xenpv.exe'
}

# Which of our two programs the guest in DIR runs.
program_folder() { (. "$1/.guest/conf" && if [ "$arch" = x64 ]; then echo x86_64; else echo i686; fi); }

# put_packages DIR FOLDER...: what lies directly in the folders; a name that is there twice gets its folder in front.
put_packages() {
    local to=$1/drive_c/xenpv/packages folder file name
    shift
    for folder; do
        for file in "$folder"/*; do
            [ -f "$file" ] || continue
            name=${file##*/}
            [ ! -e "$to/$name" ] || name=$(basename "$folder")-$name
            cp "$file" "$to/$name"
        done
    done
}

# run_in DIR PROGRAM ARGUMENTS...: its output, and its true exit code in exit_code ("timeout" when it took too long). Its
# standard input is empty, or the open file `input`.
run_in() {
    local dir=$1 status
    shift
    status=$(mktemp)
    if [ -n "${input:-}" ]; then "$guest" exec "$dir" --status "$status" --seconds 180 --input -- "$@" <&"$input"
    else "$guest" exec "$dir" --status "$status" --seconds 180 -- "$@"; fi || true
    read -r exit_code <"$status" || exit_code="none"
    exit_code=${exit_code#exit }
    rm -f "$status"
}

#!/bin/bash
# The main job on a simulated Xen guest: install, restart, confirm, report.
#
#   run.sh [--windows NAME] [--drivers DIR] [--source NAME] [--keep DIR] [--check]
#
# Without --drivers the packages that tests/fixtures/make.sh makes are installed, on a guest with test signing on, by
# the manifest that fits them. With --drivers the real packages found in DIR are, by the program's own manifest, on a
# guest without test signing. Prints what xenpv prints at each of its runs and exits with its last exit code, but for
# one case, which it names: Wine cannot run real drivers (it has no KMDF and no StorPort), so that an installation
# which is confirmed in everything but "the driver runs" counts as done. With --check only the options are judged.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
guest=$here/guest.sh
windows=${WINDOWS:-win10-x64} drivers=${DRIVERS:-} source_name= keep= check_only=
while [ $# -gt 0 ]; do
    case $1 in
        --windows) windows=${2:?--windows needs a name}; shift ;;
        --drivers) drivers=${2:?--drivers needs a folder}; shift ;;
        --source) source_name=${2:?--source needs a name}; shift ;;
        --keep) keep=${2:?--keep needs a folder}; shift ;;
        --check) check_only=yes ;;
        *) echo "run: unknown option '$1'" >&2; exit 2 ;;
    esac
    shift
done
[ -z "$drivers" ] || [ -d "$drivers" ] || { echo "run: DRIVERS: '$drivers' is not a folder" >&2; exit 2; }
"$guest" windows "$windows" >/dev/null || exit 2
[ -z "$check_only" ] || exit 0

# shellcheck source=tests/guest/common.sh
. "$here/common.sh"

heading() { printf '\n==== %s\n' "$*"; }

dir=${keep:-$root/build/run-guest.$$}
cleanup() { [ -n "$keep" ] || { "$guest" delete "$dir" 2>/dev/null || true; rm -rf "$dir"; }; }
trap cleanup EXIT

options=(--xen)
[ -n "$drivers" ] || options+=(--testsigning)
reason=$("$guest" cpuid-probe 2>&1) || { echo "run: skipped: ${reason:-CPUID cannot be simulated here}"; exit 77; }
heading "a guest: $windows on Xen"
"$guest" new "$dir" "$windows" "${options[@]}"
program=$(install_program "$dir")
arguments=(install --packages 'C:\xenpv\packages' /norestart --no-continue)
if [ -n "$drivers" ]; then
    put_packages "$dir" "$drivers"
else
    make_fixtures
    put_packages "$dir" "$fixtures"/xenproject-9.1.0 "$fixtures"/xenproject-8.2.2 "$fixtures"/gplpv
    cp "$test_manifest" "$dir/drive_c/xenpv/test-manifest.json"
    arguments+=(--manifest 'C:\xenpv\test-manifest.json' --allow-unsigned-manifest)
fi
[ -z "$source_name" ] || arguments+=(--source "$source_name")

heading "xenpv ${arguments[*]}"
run_in "$dir" "$program" "${arguments[@]}"
code=$exit_code
restarts=0
while [ "$code" = 3010 ] && [ $restarts -lt 5 ]; do
    restarts=$((restarts + 1))
    heading "restart $restarts (exit code $code)"
    "$guest" reboot "$dir"
    heading "xenpv ${arguments[*]}"
    run_in "$dir" "$program" "${arguments[@]}"
    code=$exit_code
done
# run_in says "timeout" or what failed when the program gave no exit code.
[[ $code =~ ^[0-9]+$ ]] || { echo "run: xenpv gave no exit code: $code" >&2; exit 1; }
heading "result: exit code $code after $restarts restart(s)"
case $code in
    0) ;;
    6) [ -n "$drivers" ] || exit 6 ;;
    *) exit "$((code > 255 ? 255 : code))" ;;
esac

# Of a program that was killed Wine says 0, too: what was done has to be in the journal.
run_in "$dir" "$program" status --json >"$dir/.guest/status.json"
state=$(jq -r .journal.state "$dir/.guest/status.json")
[ "$state" = installed ] || { echo "run: the journal does not say that it is installed, but: $state" >&2; exit 1; }
[ "$code" != 0 ] || exit 0
if jq -e '[.status.findings[] | select(.severity == "error") | .code] | unique == ["driver-not-running"]' \
    "$dir/.guest/status.json" >/dev/null; then
    echo "The drivers are verified, installed and registered. That they run is not shown: Wine has no KMDF and no"
    echo "StorPort for real drivers, and xenpv says so rightly ([driver-not-running], exit code 6). Counted as done."
    exit 0
fi
exit 6

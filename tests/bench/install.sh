#!/bin/bash
# How long does an installation of five packages take beyond what Windows' own calls take? install.sh [ROUNDS]
#
# On copies of one simulated guest, by turns: `xenpv install` until it asks for the restart, and bare-install.exe, which
# makes the same calls of SetupAPI for the same five packages and nothing else (not the service that goes on after the
# restart, not the boot entry: those are xenpv's own). Each is measured with the start of its process, and the least of
# ROUNDS (5) counts. A third row is xenpv without the machine: it reads, verifies and plans, `plan --packages`. Beside the
# time there is the processor time of all that runs in the guest, where the kernel's accounting can be had: on a busy
# machine only that means anything, and then it is what has to stay below 300 ms. What Windows' calls set off goes on
# after the program has ended, and is as much as before: so it is counted until the guest has come to rest, for both.
set -euo pipefail
export LC_ALL=C
root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/tests/guest
guest=$here/guest.sh
# shellcheck source=tests/guest/common.sh
. "$here/common.sh"
rounds=${1:-5} limit=300
work=$root/build/bench/install
windows=win10-x64
manifest=(--manifest 'C:\xenpv\test-manifest.json')

clean_up() {
    for dir in "$work"/{base,one}; do "$guest" delete "$dir" 2>/dev/null || true; done
    [ -z "$account" ] || { echo $$ >/sys/fs/cgroup/cpuacct/cgroup.procs; rmdir "$account"; } 2>/dev/null || true
}
account=
trap clean_up EXIT
clean_up
rm -rf "$work"
mkdir -p "$work"
make_fixtures
x86_64-w64-mingw32-gcc -std=c11 -O2 -s -static -municode -DUNICODE -D_WIN32_WINNT=0x0600 -Wall -Wextra -Werror \
    -o "$work/bare-install.exe" "$root/tests/bench/bare-install.c" -lsetupapi -lnewdev

"$guest" new "$work/base" "$windows" --xen --testsigning
install_program "$work/base" >/dev/null
cp "$test_manifest" "$work/base/drive_c/xenpv/test-manifest.json"
cp "$work/bare-install.exe" "$work/base/drive_c/xenpv/"
put_packages "$work/base" "$fixtures/xenproject-9.1.0"
for tar in "$fixtures"/xenproject-9.1.0/*.tar; do tar -C "$work/base/drive_c/xenpv" -xf "$tar"; done
"$guest" boot "$work/base"

# Everything that is started from here on, so that processor time can be told; none where that is not allowed.
account=/sys/fs/cgroup/cpuacct/xenpv-bench.$$
mkdir "$account" 2>/dev/null && echo $$ >"$account/cgroup.procs" 2>/dev/null || account=
used() { if [ -n "$account" ]; then cat "$account/cpuacct.usage"; else echo 0; fi; }
# The same, once next to nothing is used any more: less than 3 ms in a tenth of a second, or after 5 s.
used_at_rest() {
    local before after tick
    after=$(used)
    for ((tick = 0; tick < 50; tick++)); do
        before=$after
        nap 0.1
        after=$(used)
        [ $((after - before)) -gt 3000000 ] || break
    done
    echo "$after"
}

# Milliseconds of a run on a fresh copy, and of processor time; its exit code has to be the second argument.
measure() { # NAME EXIT-CODE PROGRAM ARGUMENTS...
    local name=$1 wanted=$2 begun ended before after
    shift 2
    "$guest" delete "$work/one" 2>/dev/null || true
    "$guest" copy "$work/base" "$work/one"
    "$guest" exec "$work/one" -- 'C:\xenpv\xenpv.exe' --version >/dev/null
    before=$(used_at_rest)
    begun=$(date +%s%N)
    run_in "$work/one" "$@" >"$work/$name.out" 2>"$work/$name.err"
    ended=$(date +%s%N)
    after=$(used_at_rest)
    [ "$exit_code" = "$wanted" ] || { echo "bench: $name: exit $exit_code: $(tail -n 2 "$work/$name.err")" >&2; exit 1; }
    echo $(((ended - begun) / 1000000)) >>"$work/$name.wall"
    echo $(((after - before) / 1000000)) >>"$work/$name.cpu"
}
least() { sort -n "$work/$1.$2" | head -n 1; }
row() { printf '%-52s %6s ms %6s ms\n' "$1" "$2" "$3"; }

inf() { printf 'C:\\xenpv\\%s\\x64\\%s.inf' "$1" "$1"; }
for ((round = 0; round < rounds; round++)); do
    measure bare 0 'C:\xenpv\bare-install.exe' 'PCI\VEN_5853&DEV_0001&SUBSYS_00015853&REV_01' "$(inf xenbus)" "$(inf xeniface)" "$(inf xenvbd)" \
        "$(inf xenvif)" "$(inf xennet)"
    measure install 3010 'C:\xenpv\xenpv.exe' install --packages 'C:\xenpv\packages' "${manifest[@]}" \
        --allow-unsigned-manifest /norestart /quiet
    measure plan 0 'C:\xenpv\xenpv.exe' plan --packages 'C:\xenpv\packages' "${manifest[@]}"
done
for which in wall cpu; do
    declare "bare_$which=$(least bare $which)" "install_$which=$(least install $which)" "plan_$which=$(least plan $which)"
done
ours_wall=$((install_wall - bare_wall)) ours_cpu=$((install_cpu - bare_cpu))
judged=$ours_cpu
[ -n "$account" ] || { judged=$ours_wall; echo 'install: no processor time here, the columns of it are empty'; }
printf '%-52s %9s %9s\n' '' time processor
row 'the same calls of SetupAPI in a bare loop' "$bare_wall" "$bare_cpu"
row 'xenpv install, five packages' "$install_wall" "$install_cpu"
row 'xenpv plan --packages: read, verify and plan only' "$plan_wall" "$plan_cpu"
row "what is ours (limit $limit ms)" "$ours_wall" "$ours_cpu"
awk -v a="$install_wall" -v b="$bare_wall" -v c="$install_cpu" -v d="$bare_cpu" \
    'BEGIN { printf "%-52s %9.2f %9.2f\n", "ratio", a / b, d ? c / d : 0 }'
# For run.sh.
echo "bench install-setupapi $install_wall $bare_wall $(awk -v a="$install_wall" -v b="$bare_wall" 'BEGIN { printf "%.2f", a / b }') - ms"
echo "bench install-beyond-setupapi $judged - - $limit ms"
[ "$judged" -lt $limit ] || { echo 'install: too slow' >&2; exit 1; }

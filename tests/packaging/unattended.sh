#!/bin/bash
# The files of packaging/unattended, carried out on simulated guests: unattended.sh > lines "ok ..." and "not ok ..."
#
# First with a stand-in for xenpv.exe, for every way that it may end; then with the program, from a bundle to the restart.
set -uo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/tests/guest
guest=$here/guest.sh
files=$root/packaging/unattended
# shellcheck source=tests/guest/common.sh
. "$here/common.sh"
work=$root/build/packaging
dir=$work/guest
cmd='C:\windows\system32\cmd.exe'

expect() { if [ "$2" = "$3" ]; then echo "ok unattended: $1"; else echo "not ok unattended: $1: expected '$2', got '$3'"; fi; }
# What stands in an answer file, as Windows Setup runs it: run_line FILE ELEMENT PROCESSOR
run_line() {
    local line
    line=$(xmllint --xpath "string(//*[local-name()='component'][@processorArchitecture='$3']//*[local-name()='$2'])" "$files/$1")
    run_in "$dir" "$cmd" /c "${line#cmd.exe /c }" > "$work/out" 2>&1
}
ran() { [ ! -e "$dir/drive_c/ran.txt" ] || tr -d '\r' < "$dir/drive_c/ran.txt"; rm -f "$dir/drive_c/ran.txt"; }
log() { tr -d '\r' < "$dir/drive_c/windows/temp/xenpv-setup.log" 2> /dev/null | tail -n 1; }
# mount FOLDER: as drive K:
mount() { rm -f "$dir/dosdevices/k:"; [ -z "$1" ] || ln -s "$1" "$dir/dosdevices/k:"; }
script() { run_in "$dir" "$cmd" /c "$@" > "$work/out" 2>&1; }

trap '"$guest" delete "$dir" 2> /dev/null; rm -rf "$work"' EXIT
"$guest" delete "$dir" 2> /dev/null
rm -rf "$work"
mkdir -p "$work/stand-in/x86" "$work/stand-in/x64"
"$guest" new "$dir" win10-x64 --testsigning || { echo "not ok unattended: no guest"; exit 1; }
x86_64-w64-mingw32-gcc-win32 -Os -s -o "$work/stand-in/x64/xenpv.exe" "$root/tests/packaging/stand-in.c" &&
    i686-w64-mingw32-gcc-win32 -Os -s -o "$work/stand-in/x86/xenpv.exe" "$root/tests/packaging/stand-in.c" ||
    { echo "not ok unattended: no stand-in"; exit 1; }
echo '{}' > "$work/stand-in/bundle.json"
cp "$files"/*.cmd "$files"/*.xml "$work/stand-in/"
echo 0 > "$dir/drive_c/code.txt"
scripts=$dir/drive_c/windows/Setup/Scripts

# --- specialize ---
run_line autounattend.xml Path amd64
expect 'specialize without a bundle: 0, Setup goes on' "0 " "$exit_code $(ls "$scripts" 2> /dev/null)"
mount "$work/stand-in"
for file in autounattend.xml unattend.xml; do
    for processor in x86 amd64; do
        rm -rf "$scripts"
        run_line "$file" Path "$processor"
        expect "specialize of $file for $processor: 0, the scripts are copied" "0 SetupComplete.cmd xenpv.cmd" "$exit_code $(cd "$scripts" && echo *)"
    done
done
expect 'and nothing was run' "" "$(ran)"

# --- SetupComplete.cmd: exit codes ---
while read -r code says; do
    echo "$code" > "$dir/drive_c/code.txt"
    script 'C:\windows\Setup\Scripts\SetupComplete.cmd'
    expect "SetupComplete.cmd: xenpv exits with $code, and so does it" "$code" "$exit_code"
    expect "SetupComplete.cmd: and the log says so" "xenpv.cmd: exit code $code: $says" "$(log)"
done << 'END'
3010 the drivers are in, and work after the next restart
1641 the drivers are in, and Windows restarts
5 the drivers are not in: the lines above say why
8 the drivers are not in: the lines above say why
0 nothing is left to do
END
expect 'SetupComplete.cmd: each time as it has to be called' \
    "$(printf 'K:\\x64\\xenpv.exe install /quiet /norestart --trust-publisher /log C:\\windows\\Temp\\xenpv-setup.log %.0s\n' 1 2 3 4 5 | sed 's/ $//')" "$(ran)"
script 'C:\windows\Setup\Scripts\xenpv.cmd' --restart-if-needed
expect 'xenpv.cmd --restart-if-needed: stands after /norestart' "K:\\x64\\xenpv.exe install /quiet /norestart --trust-publisher /log C:\\windows\\Temp\\xenpv-setup.log --restart-if-needed" "$(ran)"
run_in "$dir" 'C:\windows\syswow64\cmd.exe' /c 'C:\windows\Setup\Scripts\xenpv.cmd' > "$work/out" 2>&1
expect 'xenpv.cmd from a 32-bit cmd.exe: the 64-bit program' 'K:\x64\xenpv.exe' "$(ran | cut -d' ' -f1)"
script 'set PROCESSOR_ARCHITECTURE=x86& C:\windows\Setup\Scripts\xenpv.cmd'
expect 'xenpv.cmd on 32-bit Windows: the 32-bit program' 'K:\x86\xenpv.exe' "$(ran | cut -d' ' -f1)"
mount ''
script 'C:\windows\Setup\Scripts\xenpv.cmd'
expect 'xenpv.cmd without a bundle: 1' 1 "$exit_code"
expect 'and the log says so' 'xenpv.cmd: exit code 1: no drive has bundle.json and x64\xenpv.exe' "$(log)"
mkdir "$work/other"
echo '{}' > "$work/other/bundle.json"
mount "$work/other"
script 'C:\windows\Setup\Scripts\xenpv.cmd'
expect 'xenpv.cmd with a bundle.json of somebody else: 1' 1 "$exit_code"

# --- the first logon ---
mount "$work/stand-in"
for file in autounattend.xml unattend.xml; do
    run_line "$file" CommandLine amd64
    expect "first logon of $file: the 64-bit program" "K:\\x64\\xenpv.exe install /quiet --restart-if-needed --trust-publisher /log C:\\windows\\Temp\\xenpv-setup.log" "$(ran)"
    run_line "$file" CommandLine x86
    expect "first logon of $file for x86: the 32-bit program" 'K:\x86\xenpv.exe' "$(ran | cut -d' ' -f1)"
done

# --- cmdlines.txt of XP: in its own folder ---
mkdir -p "$dir/drive_c/OEM"
cp "$files/xenpv.cmd" "$files/cmdlines.txt" "$dir/drive_c/OEM/"
run_in_oem() { "$guest" exec "$dir" --status "$work/status" --cwd 'C:\OEM' -- "$cmd" /c "$1" > "$work/out" 2>&1; }
run_in_oem "$(tr -d '\r' < "$files/cmdlines.txt" | sed -n 's/^"cmd.exe \/c \(.*\)"$/\1/p')"
expect 'cmdlines.txt: runs the script beside it' 'K:\x64\xenpv.exe' "$(ran | cut -d' ' -f1)"

# --- the program itself, from a bundle ---
export SOURCE_DATE_EPOCH=1700000000
mkdir -p "$work/programs/x86" "$work/programs/x64"
cp "$root/build/i686/xenpv.exe" "$work/programs/x86/"
cp "$root/build/x86_64/xenpv.exe" "$work/programs/x64/"
make_fixtures
"$root/build/native/xenpv" bundle --manifest "$test_manifest" --for win10-x64+testsigning --programs "$work/programs" \
    --packages "$fixtures/xenproject-9.1.0" --add "$files/SetupComplete.cmd" --add "$files/xenpv.cmd" --add "$files/autounattend.xml" \
    --to "$work/bundle" > "$work/out" 2>&1
expect 'a bundle with the scripts' 0 "$?"
mount "$work/bundle"
rm -rf "$scripts"
run_line autounattend.xml Path amd64
expect 'specialize: 0' "0 SetupComplete.cmd xenpv.cmd" "$exit_code $(cd "$scripts" && echo *)"
# The bundle's manifest is of the test packages, which nobody signed.
script 'C:\windows\Setup\Scripts\xenpv.cmd' --allow-unsigned-manifest
expect 'the program: 3010' 3010 "$exit_code"
expect 'and the log says so' 'xenpv.cmd: exit code 3010: the drivers are in, and work after the next restart' "$(log)"
mount ''
"$guest" reboot "$dir" > "$work/out" 2>&1
# As the service says it at its end: tests/guest/check.sh, continuation, looks at the rest.
for _ in $(seq 300); do
    ! grep -qs 'exit [0-9]*)' "$dir/$state/xenpv.log" || break
    nap 0.1
done
expect 'after the restart, without the bundle, the service has gone on by itself' 1 "$(grep -c 'resume: done or healthy' "$dir/$state/xenpv.log")"
run_in "$dir" 'C:\windows\system32\reg.exe' query 'HKLM\SYSTEM\CurrentControlSet\Services\xenvbd' /v Start > "$work/out" 2>&1
expect 'and the disk driver starts at boot' 1 "$(grep -c 0x0 "$work/out")"

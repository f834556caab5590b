# shellcheck shell=bash disable=SC2154
# matrix.cmd on simulated guests, and what compare.py makes of the evidence. Part of tests/guest/check.sh, which sources
# it and has the functions that it uses.

windows_folder=$root/tests/windows
evidence='drive_c/xenpv-matrix'

# run_matrix ARGUMENTS...: as a person would from a prompt, without one to answer; exit code in exit_code.
run_matrix() {
    run_in "$dir" 'C:\windows\system32\cmd.exe' /c 'C:\xenpv\matrix.cmd' "$@" >"$dir/.guest/out" 2>"$dir/.guest/err"
}

# to_the_end ARGUMENTS...: with a restart each time that it asks for one.
to_the_end() {
    local restarts=0
    run_matrix "$@"
    while [ "$exit_code" = 3010 ] && [ $((restarts += 1)) -le 6 ]; do
        "$guest" reboot "$dir" >"$dir/.guest/reboot" 2>&1
        run_matrix "$@"
    done
    expect "$name: restarts that it asked for" 2 "$restarts"
    expect "$name: it ends well" 0 "$exit_code"
}

# of_evidence FILE: its lines without carriage returns
of_evidence() { tr -d '\r' <"$dir/$evidence/$1"; }

expect_evidence() {
    expect "$name: 17 results, and all are ok" '17 of 17' "$(of_evidence results.txt | grep -c '^ok ') of $(of_evidence results.txt | grep -c .)"
    expect "$name: the exit codes are written down" 'install 3010, resume 0, remove 3010, resume-removal 0' \
        "$(of_evidence exit-codes.txt | grep -E '^(install|resume|remove|resume-removal) ' | sed 's/ $//' | paste -sd, | sed 's/,/, /g')"
    local moment missing=''
    for moment in before installed confirmed removed after; do
        [[ $(python3 -m zipfile -l "$dir/$evidence/$moment.zip" 2>&1) = *facts.json* ]] || missing+="$moment "
    done
    expect "$name: each moment has a zip with facts" '' "$missing"
}

matrix_guest() { # WINDOWS FOLDER OPTIONS...
    new_guest "windows_script_$1" "$1" "${@:3}" || return
    put_packages "$dir" "$fixtures/$2"
    cp "$windows_folder/matrix.cmd" "$dir/drive_c/xenpv/"
}

compared() { "$windows_folder/compare.py" "$@" >"$dir/.guest/compared" 2>&1; }

scenario_windows_script_xp() {
    local name='matrix.cmd, Windows XP'
    matrix_guest winxp-x86 gplpv --xen || return
    run_matrix /packages
    expect "$name: an option without its value is refused" 2 "$exit_code"
    snapshot before
    run_matrix /source gplpv --bogus
    expect "$name: an unknown option is refused" 2 "$exit_code"
    run_matrix /source gplpv /manifest 'C:\xenpv\test-manifest.json'
    expect "$name: with nobody to agree, it ends before the installation" '1 none' \
        "$exit_code $(of_evidence exit-codes.txt | grep '^install ' || echo none)"
    rm -rf "${dir:?}/$evidence"
    expect_unchanged "$name: and has changed nothing but its folder"
    to_the_end /y /source gplpv /manifest 'C:\xenpv\test-manifest.json'
    expect_evidence
    # The table was made with the manifest in the program, which knows neither the test authority nor its releases.
    compared "$dir/$evidence"
    expect "$name: compare.py says what differs, and no more" 'only under Wine unexpected-signer newer-release' \
        "$(sed -n 's/^differs findings [a-z]*: //p' "$dir/.guest/compared" | sort -u)"
    expect "$name: and takes the Windows that it is" 'beside it: winxp-x86 of tests/guest/status.txt and matrix.txt' "$(sed -n 2p "$dir/.guest/compared")"
    done_with
}

scenario_windows_script_win10() {
    local name='matrix.cmd, Windows 10' altered
    matrix_guest win10-x64 xenproject-9.1.0 --xen --testsigning || return
    program='C:\windows\system32\cmd.exe' run_as_user /c 'C:\xenpv\matrix.cmd' /y
    expect "$name: without administrator rights it does nothing" '7 none' "$exit_code $(of_evidence exit-codes.txt | grep -v '^detect ' || echo none)"
    to_the_end /y /source xenproject /manifest 'C:\xenpv\test-manifest.json'
    expect_evidence
    compared "$dir/$evidence"
    expect "$name: nothing differs from what Wine gave" 'nothing differs' "$(tail -n 1 "$dir/.guest/compared")"
    compared "$dir/$evidence" "$dir/$evidence"
    expect "$name: nor from itself" 'nothing differs' "$(tail -n 1 "$dir/.guest/compared")"
    altered=$dir/.guest/altered
    rm -rf "$altered"
    cp -r "$dir/$evidence" "$altered"
    sed -i 's/^resume 0/resume 6/' "$altered/exit-codes.txt"
    cp "$altered/before.zip" "$altered/confirmed.zip"
    compared "$altered" "$dir/$evidence"
    expect_says "$name: compare.py sees another exit code" "$dir/.guest/compared" 'differs exit resume: 6; under Wine 0'
    expect_says "$name: another status" "$dir/.guest/compared" 'differs status confirmed: not-installed, exit 6; under Wine working-with-warnings, exit 0'
    expect_says "$name: other findings" "$dir/.guest/compared" 'differs findings confirmed: only here no-pv-drivers; only under Wine xsa-468'
    expect_says "$name: and other facts" "$dir/.guest/compared" 'differs facts confirmed: devices[].driver_version is known under Wine only'
    done_with
    new_guest windows_script_not_xen win10-x64 --no-xen || return
    cp "$windows_folder/matrix.cmd" "$dir/drive_c/xenpv/"
    run_matrix /y
    expect "$name: on a machine that is no Xen guest it does nothing" '3 none' "$exit_code $(of_evidence exit-codes.txt | grep -v '^detect ' || echo none)"
    done_with
}

# shellcheck shell=bash
# Headless Chromium without a network. Sourced, with work, a folder of the caller's, set.

# browse ARGUMENTS...: what it says of itself goes to $work/browser.err. Every name resolves to nothing; a profile of its
# own; as root Chromium has no sandbox.
browse() {
    local root=()
    [ "$(id -u)" != 0 ] || root=(--no-sandbox)
    HOME=$work timeout 180 chromium --headless "${root[@]}" --disable-gpu --hide-scrollbars --no-first-run \
        --disable-component-update --disable-background-networking --disable-sync --disable-dev-shm-usage \
        --host-resolver-rules='MAP * ~NOTFOUND' --user-data-dir="$work/profile" --force-device-scale-factor=1 \
        --enable-logging=stderr --v=0 "$@" 2>"$work/browser.err"
}

# Why the browser cannot run here; false then.
browser_probe() {
    command -v chromium >/dev/null || { echo 'chromium is not installed'; return 1; }
    echo '<!DOCTYPE html><title>x</title><p>alive' >"$work/alive.html"
    browse --dump-dom "file://$work/alive.html" | grep -q alive && return 0
    echo "chromium does not run here: $(grep -m1 -iE 'fatal|sandbox|error' "$work/browser.err" | tail -c 160)"
    return 1
}

# What pages said on the console in the last run.
messages() { grep -F 'CONSOLE' "$work/browser.err" | head -n 3 | tr '\n' '|'; }

screenshot() { # PAGE PNG WIDTH HEIGHT
    browse --window-size="$3,$4" --screenshot="$2" "file://$(realpath "$1")" >/dev/null
}

# "360 x 1600", from the PNG's own header.
png_size() {
    od -An -tu1 -j16 -N8 "$1" 2>/dev/null |
        awk '{ print (($1 * 256 + $2) * 256 + $3) * 256 + $4 " x " (($5 * 256 + $6) * 256 + $7) * 256 + $8 }'
}

#!/bin/bash
# Makes the pictures of the README: docs/images/report-*.png, of a healthy and of a broken guest, from the facts of the
# golden statuses.
# Needs chromium, pngquant and optipng; XENPV names the program.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."
xenpv=${XENPV:-build/native/xenpv}
to=docs/images
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/html/browser.sh
. "$here/browser.sh"
reason=$(browser_probe) || { echo "pictures: $reason" >&2; exit 1; }

# The exit code is that of the guest's status.
picture() { # NAME FACTS WIDTH HEIGHT
    local png=$to/report-$1.png
    "$xenpv" report --facts "tests/golden/status/$2.json" --html "$work/$1.html" >"$work/text" || true
    screenshot "$work/$1.html" "$work/$1.png" "$3" "$4"
    pngquant --strip --speed 1 64 --output "$work/$1.few.png" "$work/$1.png"
    optipng -quiet -o5 -out "$work/$1.small.png" "$work/$1.few.png"
    cp "$work/$1.small.png" "$png"
    echo "$png: $(png_size "$png"), $(stat -c %s "$png") bytes"
}

mkdir -p "$to"
picture healthy well-univention 960 860
picture broken 18-code-39 960 1320

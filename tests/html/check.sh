#!/bin/bash
# The pages that xenpv writes, as a browser shows them: check.sh [FOLDER]
#
# Made from the facts of the golden statuses and from hostile ones; looked at in headless Chromium without a network, at the width of a
# phone and of a desk, on paper, and by tidy. FOLDER keeps pages, pictures and the PDF; else they are removed.
# Needs chromium, tidy, poppler-utils, jq; XENPV names the program.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.." || exit 2
xenpv=${XENPV:-build/native/xenpv}
facts=tests/golden/status
work=$(mktemp -d)
out=${1:-$work/out}
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
# shellcheck source=tests/html/browser.sh
. "$here/browser.sh"

ok() { echo "ok html: $1"; }
not_ok() { echo "not ok html: $1: $2"; }
expect() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "expected '$2', got '$3'"; fi; }
expect_says() { if grep -qF -- "$3" "$2"; then ok "$1"; else not_ok "$1" "it does not say '$3'"; fi; }

pages=(healthy broken absent foreign not-xen restart hostile verify)

# A guest whose every text is an attack; the words of enums and the keys stay.
hostile_facts() {
    jq --arg bad '"></td><script>alert(1)</script><img src=https://example.org/x>\u202e&'"'" '
        def attack: if type == "string" then . + $bad elif type == "array" then map(attack)
            elif type == "object" then with_entries(if .key | IN("reading", "hypervisor", "architecture", "process", "type",
                "kind", "path", "signature") or endswith("_reading") then . else .value |= attack end) else . end;
        attack' "$facts/well-univention.json"
}

make_pages() {
    "$xenpv" report --facts $facts/well-univention.json --html "$out/healthy.html" >"$work/text"
    "$xenpv" report --facts $facts/18-code-39.json --html "$out/broken.html" >"$work/text"
    "$xenpv" report --facts $facts/fresh.json --html "$out/absent.html" >"$work/text"
    "$xenpv" report --facts $facts/well-xcp-ng.json --html "$out/foreign.html" >"$work/text"
    "$xenpv" report --facts $facts/not-xen.json --html "$out/not-xen.html" >"$work/text"
    "$xenpv" report --facts $facts/16-code-14.json --html "$out/restart.html" >"$work/text"
    hostile_facts >"$work/hostile.json"
    "$xenpv" report --facts "$work/hostile.json" --html "$out/hostile.html" >"$work/text"
    "$xenpv" verify --for win10-22h2-x64 --html "$out/verify.html" tests/fixtures/inf >"$work/text"
}

# What each page must say, as a reader would see it.
says() {
    expect_says 'healthy says so' "$out/healthy.html" '✓ supported-and-working'
    expect_says 'healthy: GPLPV is drawn' "$out/healthy.html" 'disk driver XenVbd, 0.11.0.373: running (works).'
    expect_says 'broken says so' "$out/broken.html" '! degraded'
    expect_says 'broken: the drawing says where' "$out/broken.html" 'network driver xennet, 9.1.100.0: problem 39 (does not work).'
    expect_says 'broken: a finding has its evidence' "$out/broken.html" '<dt>Rests on</dt><dd>driver xennet 9.1.100.0'
    expect_says 'broken: and its command' "$out/broken.html" '<code>xenpv verify --installed</code>'
    expect_says 'absent: no bus driver' "$out/absent.html" 'bus driver No bus driver: not installed (needs attention).'
    expect_says 'absent: what would be taken' "$out/absent.html" '✓ chosen'
    expect_says "foreign: the vendor's bus is drawn" "$out/foreign.html" 'bus driver xenbus, 9.1.100.0: running (works).'
    expect_says 'restart: the network waits' "$out/restart.html" 'problem 14: needs a restart (needs attention).'
    expect_says 'not Xen says so' "$out/not-xen.html" '× not-xen'
    expect_says 'hostile: it is shown' "$out/hostile.html" '&lt;script&gt;alert(1)&lt;/script&gt;'
    expect 'no page has a script' '' "$(grep -il '<script' "$out"/*.html)"
}

valid() {
    local page
    for page in "${pages[@]}"; do
        tidy -q -e "$out/$page.html" >"$work/tidy" 2>&1
        if [ ! -s "$work/tidy" ]; then ok "$page is valid"; else not_ok "$page is valid" "$(head -n 3 "$work/tidy" | tr '\n' '|')"; fi
    done
}

# All pages in one run of the browser.
look() {
    local page
    {
        echo '<!DOCTYPE html><meta charset="utf-8"><title>probe</title><body><script>window.pages = {'
        for page in "${pages[@]}"; do
            echo "\"$page\": $(jq -Rs . "$out/$page.html" | sed 's/</\\u003c/g'),"
        done
        echo '};'
        cat tests/html/probe.js
        echo '</script></body>'
    } >"$work/probe.html"
    browse --dump-dom --virtual-time-budget=60000 "file://$work/probe.html" >"$work/dom"
    sed -n '/RESULTS$/,/^END/p' "$work/dom" | sed '1d;$d; s/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g'
    grep -q '^END' "$work/dom" || not_ok 'the browser looked at all pages' "$(tail -c 200 "$work/dom" | tr '\n' ' ')"
    expect 'the browser has nothing to say' '' "$(messages)"
}

picture() { # NAME WIDTH HEIGHT
    local png=$out/$1-$2.png size colours
    screenshot "$out/$1.html" "$png" "$2" "$3"
    size=$(png_size "$png")
    expect "$1: a picture of $2 x $3" "$2 x $3" "$size"
    # A page that is not drawn is one colour and compresses to nothing.
    colours=$(stat -c %s "$png" 2>/dev/null || echo 0)
    if [ "$colours" -gt 20000 ]; then ok "$1: the picture at $2 shows something"; else not_ok "$1: the picture at $2 shows something" "$colours bytes"; fi
    expect "$1: the browser has nothing to say at $2" '' "$(messages)"
}

paper() { # NAME
    browse --no-pdf-header-footer --print-to-pdf="$out/$1.pdf" "file://$(realpath "$out/$1.html")" >"$work/dom"
    pdftotext -layout "$out/$1.pdf" "$work/paper" 2>/dev/null || : >"$work/paper"
    expect_says "$1 on paper has the status" "$work/paper" supported-and-working
    expect_says "$1 on paper has what is folded on a screen" "$work/paper" 'XenPCI'
    expect_says "$1 on paper has the devices" "$work/paper" 'oem'
    expect_says "$1 on paper has how far it was read" "$work/paper" 'Registry values'
    expect "$1 on paper leaves the JSON out" 0 "$(grep -c '"schema"' "$work/paper")"
}

make_pages
says
valid
reason=$(browser_probe) || { echo "skip html: browser: $reason"; exit 0; }
look
for name in healthy broken; do
    picture $name 500 1600
    picture $name 1200 1400
done
paper healthy

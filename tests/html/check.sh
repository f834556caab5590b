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

pages=(healthy broken absent foreign not-xen restart hostile verify fleet fleet-hostile)

# A guest whose every text is an attack; the words of enums and the keys stay.
attack='"></td><script>alert(1)</script><img src=https://example.org/x>\u202e&'"'"
hostile_facts() {
    jq --arg bad "$attack" '
        def attack: if type == "string" then . + $bad elif type == "array" then map(attack)
            elif type == "object" then with_entries(if .key | IN("reading", "hypervisor", "architecture", "process", "type",
                "kind", "path", "signature") or endswith("_reading") then . else .value |= attack end) else . end;
        attack' "$facts/well-univention.json"
}

# A report whose every text that is shown of it is one.
hostile_report() {
    jq --arg bad "$attack" '(.windows, .message, .status.word, .status.findings[].code, .status.findings[].severity,
        .status.findings[].subject) |= ((. // "") + $bad)'
}

# All guests of the golden statuses as one page, with files that are no reports; and some whose every text is an attack.
make_fleets() {
    local guest
    mkdir -p "$work/fleet" "$work/fleet-hostile"
    for guest in "$facts"/*.json; do
        case $guest in
        *.status.json) ;;
        *) "$xenpv" status --json --facts "$guest" >"$work/fleet/${guest##*/}" ;;
        esac
    done
    echo '{}' >"$work/fleet/none.json"
    "$xenpv" report --merge "$work/fleet" --html "$out/fleet.html" >"$work/text" 2>"$work/err"
    hostile_facts >"$work/hostile.json"
    "$xenpv" status --json --facts "$work/hostile.json" | hostile_report >"$work/fleet-hostile/a<b>&.json"
    hostile_report <"$work/fleet/1-mixed-families.json" >"$work/fleet-hostile/b.json"
    echo '"><script>' >"$work/fleet-hostile/<script>.json"
    "$xenpv" report --merge "$work/fleet-hostile" --html "$out/fleet-hostile.html" >"$work/text" 2>"$work/err"
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
    make_fleets
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
    expect_says 'fleet says how many' "$out/fleet.html" "PV drivers of $(ls "$work/fleet"/*-*.json "$work/fleet"/[!n]*.json | sort -u | wc -l) Xen guests"
    expect_says 'fleet: hostile: it is shown' "$out/fleet-hostile.html" '&lt;script&gt;alert(1)&lt;/script&gt;'
    expect 'no page has a script' '' "$(grep -il '<script' "$out"/*.html)"
}

valid() {
    local page
    for page in "${pages[@]}"; do
        tidy -q -e --drop-empty-elements no "$out/$page.html" >"$work/tidy" 2>&1
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

print_out() { # NAME
    browse --no-pdf-header-footer --print-to-pdf="$out/$1.pdf" "file://$(realpath "$out/$1.html")" >"$work/dom"
    pdftotext -layout "$out/$1.pdf" "$work/paper" 2>/dev/null || : >"$work/paper"
}
paper() { # NAME
    print_out "$1"
    expect_says "$1 on paper has the status" "$work/paper" supported-and-working
    expect_says "$1 on paper has what is folded on a screen" "$work/paper" 'XenPCI'
    expect_says "$1 on paper has the devices" "$work/paper" 'oem'
    expect_says "$1 on paper has how far it was read" "$work/paper" 'Registry values'
    expect "$1 on paper leaves the JSON out" 0 "$(grep -c '"schema"' "$work/paper")"
}

# All guests, whatever is chosen on the screen, and nothing that only a screen can do.
fleet_on_paper() {
    local guest missing=
    print_out fleet
    pdftotext -raw "$out/fleet.pdf" - | tr -d ' \n\f-' >"$work/paper.dense"
    for guest in "$work"/fleet/*-*.json; do
        guest=$(basename "$guest" .json)
        grep -qF -- "${guest//-/}" "$work/paper.dense" || missing+=" $guest"
    done
    expect 'fleet on paper has every guest' '' "$missing"
    expect_says 'fleet on paper has the counts' "$work/paper" 'By finding'
    expect_says 'fleet on paper has what could not be read' "$work/paper" 'none.json'
    expect 'fleet on paper has nothing to choose' 0 "$(grep -c 'In the order of' "$work/paper")"
}

make_pages
says
valid
reason=$(browser_probe) || { echo "skip html: browser: $reason"; exit 0; }
look
for name in healthy broken fleet; do
    picture $name 500 1600
    picture $name 1200 1400
done
paper healthy
fleet_on_paper

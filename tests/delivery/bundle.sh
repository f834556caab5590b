#!/bin/bash
# `xenpv bundle`: bundle.sh > lines "ok ..." and "not ok ..."
#
# The programs are two small files: what is in them is not looked at. Needs build/native/xenpv, build/fixtures, xorriso, jq.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
xenpv=$PWD/build/native/xenpv
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
msi=gplpv_Vista2008x64_0.11.0.372.msi
export SOURCE_DATE_EPOCH=1700000000

expect() { if [ "$2" = "$3" ]; then echo "ok bundle: $1"; else echo "not ok bundle: $1: expected '$2', got '$3': $(tail -n 2 "$work/err" | tr '\n' '|')"; fi; }
says() { if grep -qF -- "$2" "$work/out" "$work/err"; then echo "ok bundle: $1"; else echo "not ok bundle: $1: no '$2' in: $(cat "$work/out" "$work/err" | tr '\n' '|' | tail -c 300)"; fi; }
run() { "$xenpv" bundle --manifest "$work/manifest.json" --for "$windows" --programs "$work/programs" --packages "$packages" "$@" \
    > "$work/out" 2> "$work/err" < /dev/null; code=$?; }
left() { find "$work/$1" -maxdepth 0 2> /dev/null | wc -l; }

tests/guest/test-manifest.sh build/fixtures > "$work/manifest.json" ||
    { echo "not ok bundle: no manifest"; exit 1; }
mkdir -p "$work/programs/x86" "$work/programs/x64" "$work/packages"
echo 'a 32-bit program' > "$work/programs/x86/xenpv.exe"
head -c 300000 /dev/zero | tr '\0' x > "$work/programs/x64/xenpv.exe"
cp build/fixtures/gplpv/*.msi build/fixtures/xenproject-9.1.0/*.tar "$work/packages/"
packages=$work/packages
windows=win7sp1-x64+testsigning,winxp-x86,win10-22h2-x64+testsigning

run --to "$work/a.iso"
expect 'an ISO image' 0 "$code"
xorriso -osirrox on -indev "$work/a.iso" -extract / "$work/a" > /dev/null 2>&1
expect 'whose files are those of SHA256SUMS' "" "$(cd "$work/a" && sha256sum -c --quiet SHA256SUMS 2>&1)"
expect 'and no others' "$(cd "$work/a" && find . -type f | wc -l)" "$(($(wc -l < "$work/a/SHA256SUMS") + 1))"
expect 'the packages are the ones that were given' "" "$(cd "$work/a/packages" && find . -type f | while read -r f; do cmp -s "$f" "$packages/${f##*/}" || echo "$f"; done)"
expect 'those whose names releases share lie apart' "xenbus.tar" "$(cd "$work/a/packages/xenproject-9.1.0" && ls | head -n 1)"
expect 'bundle.json tells of all but itself and SHA256SUMS' "$(cd "$work/a" && find . -type f ! -name bundle.json ! -name SHA256SUMS | sed 's|^\./||' | LC_ALL=C sort)" \
    "$(jq -r '.files[].name' "$work/a/bundle.json")"
expect 'its label is XENPV' XENPV "$(xorriso -indev "$work/a.iso" -pvd_info 2> /dev/null | sed -n "s/^Volume Id *: *'\{0,1\}\([A-Z]*\).*/\1/p" | head -n 1)"
expect 'long names are there (Joliet)' "$msi" "$(xorriso -read_fs norock -indev "$work/a.iso" -find /packages -name "$msi" 2> /dev/null | sed "s|.*/||; s/'//g")"
cp -r "$work/programs" "$work/elsewhere"
sleep 1.1
"$xenpv" bundle --manifest "$work/manifest.json" --for "$windows" --programs "$work/elsewhere" --packages "$packages" --to "$work/b.iso" > /dev/null 2>&1
expect 'made again, later and from elsewhere: the same bytes' same "$(cmp -s "$work/a.iso" "$work/b.iso" && echo same || echo different)"
run --to "$work/a.zip"
sleep 2.1
run --to "$work/b.zip"
expect 'a zip file too' "0 same" "$code $(cmp -s "$work/a.zip" "$work/b.zip" && echo same || echo different)"
python3 -m zipfile -e "$work/a.zip" "$work/z"
expect 'with the same files' "" "$(cd "$work/z" && sha256sum -c --quiet SHA256SUMS 2>&1)"
run --to "$work/folder"
expect 'and a folder' "0 " "$code $(cd "$work/folder" && sha256sum -c --quiet SHA256SUMS 2>&1)"
run --to "$work/c.iso" --label DRIVERS_7
expect 'a label of one'"'"'s own' DRIVERS_7 "$(xorriso -indev "$work/c.iso" -pvd_info 2> /dev/null | sed -n "s/^Volume Id *: *'\{0,1\}\([A-Z0-9_]*\).*/\1/p" | head -n 1)"
run --to "$work/j.iso" --json
expect 'JSON: what was made' "0 true $work/j.iso" "$(jq -r '"\(.exit_code) \(.bundle.files | length > 5) \(.path)"' "$work/out")"

# --- what is refused ---
before=$(sha256sum < "$work/a.iso")
run --to "$work/a.iso"
expect 'what is there is not replaced' "2 same" "$code $([ "$before" = "$(sha256sum < "$work/a.iso")" ] && echo same || echo different)"
says 'unless asked to' '--force'
run --to "$work/a.iso" --force
expect 'which it then is' 0 "$code"
run --to "$work/folder"
expect 'a folder neither' 2 "$code"
run --to "$work/folder" --force
expect 'a bundle is, when asked to' 0 "$code"
mkdir "$work/mine"; echo mine > "$work/mine/file"
run --to "$work/mine" --force
expect 'a folder that is no bundle never is' "2 mine" "$code $(cat "$work/mine/file")"
mkdir "$work/dir.iso"
run --to "$work/dir.iso" --force
expect 'nor a folder by an image' 2 "$code"
for label in xenpv 'A B' '' A234567890123456Z 'A-B'; do
    run --to "$work/l.iso" "--label=$label"
    expect "the label '$label'" "2 0" "$code $(left l.iso)"
done
run --to "$work/no/such/folder/x.iso"
expect 'a folder that is not there: exit 1' 1 "$code"
SOURCE_DATE_EPOCH=soon run --to "$work/t.iso"
expect 'a time that is none: exit 2' "2 0" "$code $(left t.iso)"
mv "$work/programs/x86" "$work/x86"
run --to "$work/p.iso"
expect 'a program that is not there: exit 1' "1 0" "$code $(left p.iso)"
says 'and named' 'x86/xenpv.exe'
mv "$work/x86" "$work/programs/x86"
mv "$packages/$msi" "$work/"
run --to "$work/m.iso"
expect 'a package that is not there: exit 1' "1 0" "$code $(left m.iso)"
says 'with what gets it' 'xenpv fetch'
printf '\x01' | cat - "$work/$msi" > "$packages/$msi"
run --to "$work/m.iso"
expect 'a package that was changed: exit 4' "4 0" "$code $(left m.iso)"
says 'and named' "$msi"
mv "$work/$msi" "$packages/$msi"
for size in 1 100 400; do
    (trap '' XFSZ; ulimit -f "$size"; TMPDIR=$work run --to "$work/full.iso"; echo "$code" > "$work/code") 2> /dev/null
    expect "a disk that is full after $size KB: exit 1, nothing is left" "1 0 0" "$(cat "$work/code") $(left full.iso) $(left full.iso.part)"
done
windows=win2000-x86+nonsense run --to "$work/w.iso"
expect 'a Windows that is none: exit 2' 2 "$code"
windows=win11-x64+secureboot run --to "$work/w.iso"
expect 'a Windows without a source: exit 8, nothing is made' "8 0" "$code $(left w.iso)"
windows=win11-x64+secureboot,winxp-x86 run --to "$work/w.iso"
expect 'one of two without a source: exit 6, made for the other' "6 1" "$code $(left w.iso)"
# --- files of one's own ---
echo '<unattend/>' > "$work/autounattend.xml"
echo mine > "$work/bundle.json"
run --to "$work/added" --add "$work/autounattend.xml"
expect '--add: the file is in its root, and in its list' "0 <unattend/> 1 " \
    "$code $(cat "$work/added/autounattend.xml") $(jq '[.files[] | select(.name == "autounattend.xml")] | length' "$work/added/bundle.json") $(cd "$work/added" && sha256sum -c --quiet SHA256SUMS 2>&1)"
run --to "$work/no" --add "$work/nothing.xml"
expect '--add of a file that is not there: exit 1' "1 0" "$code $(left no)"
says 'which is named' "nothing.xml"
run --to "$work/no" --add "$work/bundle.json"
expect '--add of a name that the bundle has: exit 2' "2 0" "$code $(left no)"
run --to "$work/no" --add "$work/packages"
expect '--add of a folder: refused' "1 0" "$code $(left no)"

# --- $WinPEDriver$, for Windows Setup ---
setup() { windows=$1 run --to "$work/$2" --winpe; } # WINDOWS FOLDER
setup win7sp1-x64+testsigning,winxp-x86 setup
expect '--winpe' 0 "$code"
drivers="$work/setup/\$WinPEDriver\$"
expect '--winpe: an INF with its catalog and driver' "xenpci.cat xenpci.inf xenpci.sys" "$(ls "$drivers"/x64/gplpv*/xenpci 2> /dev/null | grep -i '^xenpci' | tr '\n' ' ' | sed 's/ $//')"
expect '--winpe: each is one that verify finds intact' "0" "$("$xenpv" verify "$drivers" > "$work/out" 2> "$work/err"; echo $?)"
expect '--winpe: bus and network of GPLPV, no disk' "xennet xenpci xenusb" "$(cd "$drivers/x64/gplpv-0.11.0.372" && echo *)"
expect '--winpe: none hides or drives the disk' "" "$(grep -rliE 'qemu_unplug_all_ide_disks%|XenVbd|SCSIAdapter' "$drivers" --include='*.inf')"
expect '--winpe: XP has no such folder' "x64" "$(ls "$drivers")"
setup win7sp1-x64+testsigning,win10-22h2-x64+testsigning refused
expect '--winpe for two Windows that need different drivers: exit 2' "2 0" "$code $(left refused)"
says 'which are named' 'gplpv-0.11.0.372 is for win7sp1-x64+testsigning, xenproject-9.1.0 for win10-22h2-x64+testsigning'
setup win7sp1-x64+testsigning,win11-x64+secureboot refused
expect '--winpe for two Windows, one without a source: exit 2' "2 0" "$code $(left refused)"
setup winxp-x86 refused
expect '--winpe for XP alone: exit 2' "2 0" "$code $(left refused)"
setup win7sp1-x64+testsigning,vista-x64+testsigning same
expect '--winpe for two Windows that take the same: exit 0' 0 "$code"
packages=build/fixtures/xenproject-8.2.2 setup win10-22h2-x86 setup32
drivers="$work/setup32/\$WinPEDriver\$"
expect '--winpe: of Xen Project, for 32-bit Windows: no disk either' "0 xenbus xeniface xennet xenvif" "$code $(cd "$drivers/x86/xenproject-8.2.2" && echo *)"
expect '--winpe: no driver for another processor' "" "$(find "$drivers" -name '*.sys' -print0 | xargs -0 -n 1 objdump -f 2> /dev/null | grep 'file format' | grep -v i386)"

# --- the manifest of a bundle ---
cp "$xenpv" "$work/programs/x64/xenpv.exe"
run --to "$work/run"
expect 'a bundle with a program that runs here' 0 "$code"
chmod +x "$work/run/x64/xenpv.exe"
"$work/run/x64/xenpv.exe" plan --for winxp-x86 --json > "$work/out" 2> "$work/err"
expect 'its program goes by its manifest' "manifest.json" "$(jq -r '.manifest.file // "none"' "$work/out" | sed 's|.*/||')"
sed -i 's/0\.11\.0\.372/0.11.0.999/' "$work/run/manifest.json"
"$work/run/x64/xenpv.exe" plan --for winxp-x86 > "$work/out" 2> "$work/err"
expect 'a manifest that was changed: exit 4' 4 "$?"
says 'with the reason' 'is not the file that its bundle was made with'
sed -i 's/"schema"/"scheme"/' "$work/run/bundle.json"
"$work/run/x64/xenpv.exe" plan --for winxp-x86 > "$work/out" 2> "$work/err"
expect 'a bundle.json that is none is named' 1 "$([ $? -ne 0 ] && grep -c 'bundle.json' "$work/err")"

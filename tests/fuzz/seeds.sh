#!/bin/bash
# Makes what the fuzz targets start from: tests/fuzz/seeds.sh FIXTURES HOSTILE OUT
#
# OUT/seeds/TARGET/* are whole files out of the test packages (see tests/fixtures), small ones, and the texts that are
# kept in tests/fuzz/seeds. OUT/genuine holds the signed package that the target "altered" edits. Nothing is downloaded.
set -euo pipefail
export LC_ALL=C TZ=UTC

[ $# -eq 3 ] || { echo "usage: tests/fuzz/seeds.sh FIXTURES HOSTILE OUT" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
fixtures=$1 hostile=$2 out=$3
work=$fixtures/work
gplpv=$work/univention-like/Vista2008x64/drivers/xenvbd
rm -rf "$out/seeds" "$out/genuine"
mkdir -p "$out/seeds" "$out/genuine"

seed() { # TARGET FILE [NAME]
    mkdir -p "$out/seeds/$1"
    cp "$2" "$out/seeds/$1/${3:-${2##*/}}"
}

# A file behind the two bytes by which a target chooses.
chosen() { # TARGET NUMBER FILE [NAME]
    mkdir -p "$out/seeds/$1"
    { printf "\\x$(printf %02x "$2")\\0"; cat "$3"; } > "$out/seeds/$1/${4:-${3##*/}}"
}

# The PKCS#7 blob of a signed program: behind the 8 bytes of its entry in the certificate table, which is last.
blob_of() { # PE
    local nt table
    nt=$(od -An -tu4 -j 60 -N 4 "$1")
    table=$(od -An -tu4 -j $((nt + 24 + 112 + 32)) -N 4 "$1")
    [ "$(od -An -tx2 -j $((nt + 24)) -N 2 "$1")" = ' 020b' ] ||
        table=$(od -An -tu4 -j $((nt + 24 + 96 + 32)) -N 4 "$1")
    tail -c +$((table + 9)) "$1"
}

sign_cab() { # FROM TO
    osslsigncode sign -h sha1 -certs "$fixtures/ca/spc-leaf.pem" -key "$fixtures/ca/spc-leaf.key" -in "$1" -out "$2" \
        > /dev/null
}

genuine() {
    cp "$gplpv"/xenvbd.{inf,sys,cat} "$out/genuine/"
    cp "$fixtures/univention-like/gplpv_2000_signed_0.11.0.373.msi" "$out/genuine/package.msi"
    # Stored, and without the checksum of its one block: then nothing but the signature protects it.
    gcab -c -n "$out/unsigned.cab" "$gplpv"/xenvbd.{inf,sys,cat}
    dd if=/dev/zero of="$out/unsigned.cab" bs=1 count=4 conv=notrunc status=none \
        seek="$(od -An -tu4 -j 36 -N 4 "$out/unsigned.cab" | tr -d ' ')"
    sign_cab "$out/unsigned.cab" "$out/genuine/package.cab"
    rm "$out/unsigned.cab"
    openssl x509 -in "$fixtures/ca/cvr-root.pem" -outform DER -out "$out/genuine/root.der"
    # An edit: part (of the package only), how, where, how many, the bytes. The first number: 0 package, 3 MSI, 4 cabinet.
    mkdir -p "$out/seeds/altered"
    printf '\0\0\0\0' > "$out/seeds/altered/nothing"
    printf '\0\0\0\0\0\0\x20\0\1\0X' > "$out/seeds/altered/inf"
    printf '\0\0\1\0\1\0\0\1\1\0X\2\0\1\0\x80\1\1\0Y' > "$out/seeds/altered/driver-and-catalog"
    printf '\0\0\1\0\5\0\xff\xff\1\0X' > "$out/seeds/altered/appended"
    printf '\3\0\1\0\0\4\4\0abcd' > "$out/seeds/altered/msi"
    # The sizes of the reserves in a cabinet: not covered by its signature, and they move what is read.
    printf '\4\0\1\0\46\0\1\0\1' > "$out/seeds/altered/cab-folder-reserve"
    printf '\4\0\1\0\47\0\1\0\1' > "$out/seeds/altered/cab-data-reserve"
}

signed_things() {
    local file
    for file in "$fixtures"/variants/*.sys; do
        seed pe "$file"
        seed verify "$file"
        [ "${file##*/}" = unsigned.sys ] || { blob_of "$file" > "$out/blob"; chosen authenticode 1 "$out/blob" "${file##*/}"; }
    done
    for file in "$fixtures"/variants/*.cat "$gplpv/xenvbd.cat" "$work"/{xenproject-8.2.2,xenproject-9.1.0}/xenvif/x64/xenvif.cat; do
        seed cat "$file" "$(cksum < "$file" | cut -d' ' -f1)"
        chosen authenticode 2 "$file" "$(cksum < "$file" | cut -d' ' -f1)"
    done
    rm -f "$out/blob"
    seed pe "$work/xenproject-8.2.2/xenvif/x86/xenvif_coinst.dll" coinst.dll
    seed pe "$work/xenproject-8.2.2/xenvif/x86/dpinst.exe"
}

infs() {
    local file name n=0
    for file in "$work"/{univention-like/Vista2008x64,gplpv/2000}/drivers/*/*.inf "$work"/xenproject-8.2.2/*/x86/*.inf; do
        name=$((++n))-${file##*/}
        chosen inf "$n" "$file" "$name"
    done
    iconv -f UTF-8 -t UTF-16LE "$gplpv/xenvbd.inf" > "$out/wide"
    { printf '\4\0\xff\xfe'; cat "$out/wide"; } > "$out/seeds/inf/wide.inf"
    rm "$out/wide"
}

containers() {
    local file
    mkdir -p "$out/seeds/package"
    "$hostile/hostile" pack "$out/seeds/package" "$gplpv"/xenvbd.{inf,sys,cat}
    gcab -c -n "$out/seeds/package/stored.cab" "$gplpv"/xenvbd.{inf,cat}
    gcab -c -z -n "$out/seeds/package/mszip.cab" "$gplpv"/xenvbd.{inf,cat}
    sign_cab "$out/seeds/package/mszip.cab" "$out/seeds/package/signed.cab"
    cp "$fixtures/gplpv/gplpv_2000_0.11.0.372.msi" "$out/seeds/package/"
    for file in "$out"/seeds/package/*; do seed verify "$file"; done
    for file in "$out"/seeds/package/*.cab; do seed cab "$file"; done
    for file in "$out"/seeds/package/*.msi "$fixtures/univention-like/gplpv_2000_signed_0.11.0.373.msi"; do
        seed ole "$file"
        seed msi "$file"
    done
}

# Hostile files of a size that a fuzzer can work with, but no bombs: they would only be slow.
hostile_ones() {
    local name path
    while IFS=$'\t' read -r name path _; do
        [[ $name != bomb-* ]] && [ "$(stat -c %s "$hostile/$path")" -lt 20000 ] || continue
        seed verify "$hostile/$path" "$name"
        case $path in
        *.msi) seed ole "$hostile/$path" "$name"; seed msi "$hostile/$path" "$name" ;;
        *.cab) seed cab "$hostile/$path" "$name"; seed package "$hostile/$path" "$name" ;;
        *.sys) seed pe "$hostile/$path" "$name" ;;
        *.cat) seed cat "$hostile/$path" "$name"; chosen authenticode 2 "$hostile/$path" "$name" ;;
        *.inf) chosen inf 9 "$hostile/$path" "$name" ;;
        *) seed package "$hostile/$path" "$name" ;;
        esac
    done < "$hostile/hostile.tsv"
}

# What one key signed, and another key.
detached_ones() {
    local ca=$fixtures/ca digest
    cp "$here/seeds/manifest/full.json" "$out/genuine/manifest.json"
    openssl x509 -in "$ca/spc-leaf.pem" -noout -pubkey | openssl pkey -pubin -outform DER -out "$out/genuine/manifest-key.der"
    openssl x509 -in "$ca/cvr-root.pem" -noout -pubkey | openssl pkey -pubin -outform DER -out "$out/genuine/other-key.der"
    mkdir -p "$out/seeds/detached"
    for digest in sha1 sha256 sha512; do
        openssl cms -sign -binary -in "$out/genuine/manifest.json" -signer "$ca/spc-leaf.pem" -inkey "$ca/spc-leaf.key" \
            -md "$digest" -outform DER -out "$out/seeds/detached/$digest"
    done
    openssl cms -sign -binary -nodetach -in "$out/genuine/manifest.json" -signer "$ca/spc-leaf.pem" \
        -inkey "$ca/spc-leaf.key" -md sha256 -outform DER -out "$out/seeds/detached/inside"
}

genuine
detached_ones
signed_things
infs
containers
hostile_ones
cp -r "$here"/seeds/* "$out/seeds/"
for file in "$here"/seeds/facts/*; do seed page "$file"; done

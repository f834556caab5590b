#!/bin/bash
# The public key of a PEM file (a certificate, or a public key) as bytes for a C array, DER: key.sh FILE
set -euo pipefail
[ $# = 1 ] || { echo "usage: deps/key.sh FILE.pem" >&2; exit 2; }
pem=$(openssl x509 -in "$1" -noout -pubkey 2> /dev/null || openssl pkey -pubin -in "$1" 2> /dev/null) ||
    { echo "key: '$1' is neither a certificate nor a public key in PEM" >&2; exit 1; }
openssl pkey -pubin -outform DER <<< "$pem" | od -An -v -tx1 | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'

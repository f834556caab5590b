#!/bin/bash
# Writes a manifest for the packages that tests/fixtures/make.sh made: test-manifest.sh FIXTURES > FILE
#
# The program's own manifest, with the made files' hashes in place of the real ones: test-signed, no advisory of
# the releases, and the newest release first, so that a test can have each of them chosen. Needs jq.
set -euo pipefail
fixtures=${1:?FIXTURES is missing}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
data=$here/../../drivers-manifest

# FIXTURES/manifest-fixtures.txt: path, size, SHA-256, SHA-512, separated by tabs.
pins=$(jq -Rn '[inputs | split("\t") | {key: .[0], value: {size: (.[1] | tonumber), sha256: .[2], sha512: .[3]}}] | from_entries' \
    "$fixtures/manifest-fixtures.txt")

jq -s --argjson pins "$pins" '
    def made($folder; $id; $version; $rank; $signer):
        .id = $id | .version = $version | .rank = $rank | .signing = "test" | .advisories = [] | .issued = null | .signer = $signer
        | .source = "made by tests/fixtures" | .superseded_by = null
        | .sets |= [.[]
            | .files |= [.[] | . as $file | .url = null | .no_hash_reason = null
                | del(.product_code)
                | . + ($pins[$folder + "/" + $file.name] // {sha256: null, sha512: null, no_hash_reason: "not made"})]
            | select(all(.files[]; .sha256 != null))];
    add as $all
    | ($all.schema) as $schema
    | (map(.releases // []) | add) as $releases
    | {schema: $schema,
       families: (map(.families // []) | add),
       advisories: (map(.advisories // []) | add | map(.affects |= map(select(.family == null)))),
       windows: (map(.windows // []) | add),
       kernels: (map(.kernels // []) | add),
       releases: [
         ($releases[] | select(.id == "xenproject-9.1.0") | made("xenproject-9.1.0"; .id; .version; 4; null)),
         ($releases[] | select(.id == "xenproject-8.2.2") | made("xenproject-8.2.2"; .id; .version; 5; null)),
         ($releases[] | select(.id == "gplpv-0.11.0.372") | made("gplpv"; .id; .version; 6; "xenpv test GPLPV Drivers")),
         ($releases[] | select(.id == "univention-gplpv-0.11.0.373") | made("univention-like"; .id; .version; 7; "xenpv test GmbH"))
       ]}' "$data/families.json" "$data/releases.json" "$data/advisories.json" "$data/windows.json"

#!/bin/bash
# Puts a table into a page in place of the one that is there: put-table.sh PAGE NAME < TABLE
#
# It stands between the lines "<!-- NAME:begin -->" and "<!-- NAME:end -->", which have to be there.
set -euo pipefail
page=$1 name=$2
for line in "<!-- $name:begin -->" "<!-- $name:end -->"; do
    grep -qxF "$line" "$page" || { echo "put-table: '$page' has no line '$line'" >&2; exit 1; }
done
new=$(mktemp "$page.XXXXXX")
trap 'rm -f "$new"' EXIT
{
    sed "/^<!-- $name:begin -->\$/q" "$page"
    cat
    sed -n "/^<!-- $name:end -->\$/,\$p" "$page"
} > "$new"
chmod --reference="$page" "$new"
mv "$new" "$page"

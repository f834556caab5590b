#!/bin/bash
# Static analysis: analysis.sh [FILE...]
#
# Each C source (or each FILE) by clang-tidy (.clang-tidy says what for, and what not and why), gcc -fanalyzer and
# cppcheck; those of Windows as mingw would compile them. Then all shell scripts by shellcheck, and all Python ones by
# pyflakes. Places that are excepted stand in analysis.exceptions with their reason; one that is not needed any more is
# a failure, too. What was found of a file is kept in the user's cache under a checksum of all that went into it
# (preprocessed source with its comments, options, exceptions, versions of the tools), so that only what has changed is
# looked at again.
set -uo pipefail
export LC_ALL=C
cd "$(dirname "$0")/../.." || exit 2
exceptions=tests/lint/analysis.exceptions
cache=${XDG_CACHE_HOME:-${HOME:?analysis: HOME is not set}/.cache}/xenpv/analysis
days_kept=30
method=1 # to be counted on when what is done below changes what is found
common=(-std=c11 -I. -DXENPV_VERSION='"0"')
windows=(-D_WIN32_WINNT=0x0502 -DUNICODE -D_UNICODE -D__USE_MINGW_ANSI_STDIO=1 -DLIBARCHIVE_STATIC -DCURL_STATICLIB
    -isystem build/deps/x86_64/include)
# Not in tidy's own words for an error: those are findings as well.
finding='^[^ ]+:[0-9]+:[0-9]+: (warning|error|performance|portability|style): '

# One line for each finding, "FILE:LINE:COLUMN: KIND: WORDS [CHECK]", with the function where the tool tells it.
tidy() { # FILE OPTION...
    local file=$1
    shift
    clang-tidy-14 --quiet "$file" -- "${common[@]}" "$@" 2> /dev/null | sed "s|^$PWD/||" | grep -E "$finding"
    ended clang-tidy "$file" "${PIPESTATUS[0]}"
}
gcc_analyzer() { # COMPILER FILE OPTION...
    local compiler=$1 file=$2
    shift 2
    "$compiler" "${common[@]}" "$@" -O2 -fanalyzer -fdiagnostics-plain-output -S -o /dev/null "$file" 2>&1 |
        awk '/: In function / { at = $NF; gsub(/[^A-Za-z0-9_]/, "", at) } /^[^ ]+:[0-9]+:[0-9]+: (warning|error): / { print $0 " in " at }' |
        sort -u
    ended "$compiler" "$file" "${PIPESTATUS[0]}"
}
cppcheck_one() { # FILE OPTION...
    local file=$1
    shift
    cppcheck --quiet --std=c11 --enable=warning,performance,portability --max-configs=1 -I. '-DXENPV_VERSION="0"' "$@" \
        --suppress=missingIncludeSystem --template='{file}:{line}:{column}: {severity}: {message} [{id}]' "$file" 2>&1 |
        grep -E "$finding"
    ended cppcheck "$file" "${PIPESTATUS[0]}"
}
# One that was ended by a signal has not said all.
ended() { # TOOL FILE STATUS
    [ "$3" -lt 126 ] || echo "$2:1:1: error: $1 was ended with $3"
}

# Takes out what is excepted. An exception is "CHECK FILE WORDS-OF-THE-FINDING: reason"; those for this file that meet
# nothing are findings themselves.
except() { # FILE
    awk -v file="$1" -v list="$exceptions" '
        BEGIN {
            while ((getline line < list) > 0) {
                if (line ~ /^(#|$)/) continue
                split(line, word, " ")
                if (word[2] != file) continue
                text = substr(line, length(word[1]) + length(word[2]) + 3)
                sub(/: .*/, "", text)
                check[++count] = word[1]; words[count] = text
            }
        }
        {
            for (i = 1; i <= count; i++)
                if (index($0, "[" check[i]) || index($0, check[i] "]"))
                    if (index($0, words[i])) { met[i] = 1; next }
            print
        }
        END {
            for (i = 1; i <= count; i++)
                if (!met[i]) print file ":1:1: error: the exception for \"" words[i] "\" meets nothing any more [" check[i] "]"
        }'
}

analyse() { # FILE
    local file=$1 compiler=gcc facts=() options=() key
    local -a target=() platform=(--platform=unix64)
    [ "$file" = base/err.c ] || facts=(-include tests/lint/analysis.h)
    if [[ $file == *.windows.c ]]; then
        compiler=x86_64-w64-mingw32-gcc-win32 options=("${windows[@]}") target=(--target=x86_64-w64-mingw32)
        platform=(--platform=win64 -D_WIN32)
    fi
    key=$({
        echo "$versions"
        grep -F " $file " "$exceptions"
        echo "$method"
        cat .clang-tidy
        "$compiler" "${common[@]}" "${options[@]}" "${facts[@]}" -E -P -C "$file" 2>&1
    } | sha256sum | cut -d ' ' -f 1)
    if [ "$(tail -n 1 "$cache/$key" 2> /dev/null)" = whole ]; then
        touch "$cache/$key"
    else
        {
            tidy "$file" "${facts[@]}" "${target[@]}" "${options[@]}"
            gcc_analyzer "$compiler" "$file" "${facts[@]}" "${options[@]}"
            cppcheck_one "$file" "${platform[@]}"
        } | except "$file" > "$work/$key"
        echo whole >> "$work/$key"
        mv "$work/$key" "$cache/$key"
        echo "$file" >> "$work/looked"
    fi
    if [ "$(tail -n 1 "$cache/$key")" = whole ]; then sed '$d' "$cache/$key"; else echo "$file:1:1: error: nothing could be kept in $cache"; fi
}

# Lines of findings on stdin become a result.
judge() { # NAME HOW-MANY-FILES
    local findings
    findings=$(cat)
    if [ -z "$findings" ]; then
        echo "ok analysis/$1 ($2)"
    else
        echo "$findings"
        echo "not ok analysis/$1: $(wc -l <<< "$findings") findings, the first $(head -n 1 <<< "$findings")"
    fi
}

# A check that is left out has its reason in the table at the top of .clang-tidy.
reasons() {
    local check
    for check in $(sed -n 's/^  -\([a-z][A-Za-z0-9.-]*\),\?$/\1/p' .clang-tidy); do
        grep -Eq "^#   $check +[a-z0-9A-Z]" .clang-tidy || echo ".clang-tidy:1:1: error: no reason for leaving out $check"
    done
    awk '!/^(#|$)/ && !/: ./ { print FILENAME ":" FNR ":1: error: no reason" }' "$exceptions"
}

if [ "${1:-}" = --each ]; then # one share of the files
    shift
    for file; do analyse "$file"; done
    exit
fi
for tool in clang-tidy-14 cppcheck shellcheck pyflakes3; do
    command -v "$tool" > /dev/null || { echo "not ok analysis: there is no $tool here"; exit 1; }
done
mkdir -p "$cache"
find "$cache" -mindepth 1 -depth -mtime +$days_kept -delete
work=$(mktemp -d "$cache/run.XXXXXX")
trap 'rm -rf "$work"' EXIT
: > "$work/looked"
versions=$(clang-tidy-14 --version; cppcheck --version; gcc --version; x86_64-w64-mingw32-gcc-win32 --version)
export work versions
whole=$#
[ $# -gt 0 ] || set -- {base,drivers-manifest,verifier,installer}/*.c
printf '%s\n' "$@" | xargs -P "${JOBS:-$(nproc)}" -n 4 "$0" --each | sort > "$work/found"
judge sources "$# files, $(wc -l < "$work/looked") looked at" < "$work/found"
[ "$whole" -eq 0 ] || exit 0
reasons | judge reasons 'of exceptions'
mapfile -t scripts < <(find . -name '*.sh' -not -path './build/*' -printf '%P\n' | sort)
shellcheck --severity warning --format gcc "${scripts[@]}" | judge shell "${#scripts[@]} files"
mapfile -t scripts < <(find . -name '*.py' -not -path './build/*' -printf '%P\n' | sort)
pyflakes3 "${scripts[@]}" | judge python "${#scripts[@]} files"

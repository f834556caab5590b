#!/bin/bash
# The manual page xenpv.1 on standard output: man.sh PROGRAM
#
# Commands, options and exit codes are what the program's own help says, so that the page cannot fall behind.
set -euo pipefail
program=${1:?usage: docs/man.sh PROGRAM}

# As troff text: backslashes and leading dots are not commands, and a hyphen is one that can be copied.
escaped() { sed -E 's/\\/\\e/g; s/-/\\-/g; s/^([.'\''])/\\\&\1/'; }

commands=$("$program" --help | sed -nE '/^usage:/,/^Without/ s/^  ([a-z]+) .*/\1/p')
version=$("$program" --version | head -n 1 | awk '{print $2}')

# What a help page says of its command: the lines between "usage" and the first option.
purpose() { "$program" "$1" --help | sed -nE '/^usage:/,/^  -/ { /^usage:|^  -|^$/d; s/^ +//; p }' | tr '\n' ' ' | sed 's/ $//' | escaped; }
usage() { "$program" "$1" --help | sed -nE 's/^usage: (.*)/\1/p' | escaped; }
examples() { "$program" "$1" --help | sed -nE '/^examples:/,$ s/^  (.*)/\1/p' | escaped; }

# "NAME<tab>TEXT" for each option of a command; what was folded is one line again.
options() {
    "$program" "$1" --help | sed -n '/^  -/,/^$/p' | awk '
        /^  -/ { if (name != "") print name "\t" text
                 match($0, /^  [^ ]+( [A-Z]+)?(, \/[a-z?]+)?/); name = substr($0, 3, RLENGTH - 2); text = substr($0, RLENGTH + 1)
                 gsub(/^ +/, "", text); next }
        NF     { sub(/^ +/, ""); text = text " " $0 }
        END    { if (name != "") print name "\t" text }'
}

# Options that every command takes are told once.
common=$(for command in $commands; do options "$command" | cut -f 1 | sort -u; done | sort | uniq -c |
    awk -v all="$(wc -w <<<"$commands")" '$1 == all { sub(/^ *[0-9]+ /, ""); print }')

# On stdin NAME<tab>TEXT: with 1 those that every command takes, with 0 the others.
those_of_all() { awk -F '\t' -v wanted="$1" 'NR == FNR { all[$0]; next } ($1 in all) == wanted' <(echo "$common") -; }

tell_options() { # on stdin: NAME<tab>TEXT
    local name text
    while IFS=$'\t' read -r name text; do
        printf '.TP\n.B %s\n%s\n' "$(escaped <<<"$name")" "$(escaped <<<"$text")"
    done
}

first=${commands%%$'\n'*}
cat <<END
.\" Made by docs/man.sh from the help of the program.
.TH XENPV 1 "" "xenpv $version" "User Commands"
.SH NAME
xenpv \- installs and verifies the PV drivers of a Windows guest on Xen
.SH SYNOPSIS
.B xenpv
.RI [ COMMAND ]
.RI [ OPTION ]...
.SH DESCRIPTION
xenpv puts the right Xen paravirtual (PV) drivers on a Windows guest, proves before it touches the machine that this
Windows will load them, installs them so that a failure at any point is undone, and says what the guest\\(aqs support
status is.
.PP
On Linux the same program verifies packages, downloads and bundles them, answers what any Windows would get, and replays
the facts and reports of guests. The commands that change a machine, and those that look at the machine that they run on,
are for Windows.
.PP
Without a command it does what
.B status
does.
.SH COMMANDS
END
for command in $commands; do
    printf '.SS %s\n.nf\n.B %s\n.fi\n.PP\n%s\n' "$command" "$(usage "$command")" "$(purpose "$command")"
    options "$command" | those_of_all 0 | tell_options
    printf '.PP\nExamples:\n.PP\n.RS 4\n.nf\n%s\n.fi\n.RE\n' "$(examples "$command")"
done
printf '.SH OPTIONS OF ALL COMMANDS\n'
options "$first" | those_of_all 1 | tell_options
printf '.SH EXIT STATUS\n'
"$program" --help | sed -nE '/^exit codes:/,$ s/^ +([0-9]+)  (.*)/\1\t\2/p' | tell_options
cat <<'END'
.PP
A Linux caller sees the low eight bits: 3010 arrives as 194, 1641 as 105.
.SH ENVIRONMENT
.TP
.B NO_COLOR
Where it is set and not empty, text has no colours on a terminal either.
.TP
.B SOURCE_DATE_EPOCH
The time, in seconds since 1970, of the files that
.B bundle
writes, so that the same input gives the same bytes.
.TP
.BR http_proxy ", " https_proxy ", " no_proxy
The proxy that
.B fetch
uses without
.BR \-\-proxy .
.SH NOTES
Results go to standard output, everything else to standard error. Nothing is asked.
.PP
The documentation has pages on installing, unattended set-up, support, trust, the manifest, and building.
.SH SEE ALSO
.BR xl (1),
.BR osslsigncode (1)
END

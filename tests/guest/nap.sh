# shellcheck shell=bash
# nap SECONDS: a moment without a process, since the start of one costs more than what is waited for here. Sourced.
nap() {
    [ -n "${nap_from:-}" ] || exec {nap_from}<> <(:)
    read -r -t "$1" -u "$nap_from" || true
}

# shellcheck shell=bash
# Sourced. fixed_addresses: what stands in front of a command so that Linux does not randomise its addresses, nor those of
# what it starts; empty where that is not allowed (Docker's own seccomp profile).
fixed_addresses=(setarch --addr-no-randomize)
"${fixed_addresses[@]}" true 2>/dev/null || fixed_addresses=()

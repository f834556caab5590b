#!/bin/bash
# Runs a job in a guest on a real Xen in QEMU's emulator: run.sh BED JOB RESULTS [WORD=VALUE...]
#
# BED is what bed.sh made, JOB a folder with job.sh (see guest-init), RESULTS a folder that gets what the guest and
# dom0 wrote, and the whole console. The words are those of dom0-init. Each stage has its time; when one hangs, one
# line says which, also in RESULTS/failure, the end of the console follows, and the exit status is 1. XEN_PATIENCE=N
# multiplies the times, for a very slow machine. Needs neither root nor KVM nor a network. QEMU ends with this script,
# however that ends.
set -uo pipefail

say() { echo "xen: ${XEN_NAME:+$XEN_NAME: }$*" >&2; }
die() { say "$*"; echo "$*" >"$results/failure"; exit 1; }

[ $# -ge 3 ] || { echo "usage: run.sh BED JOB RESULTS [WORD=VALUE...]" >&2; exit 2; }
bed=$1 job=$2 results=$3
shift 3
console=$results/console
patience=${XEN_PATIENCE:-1}

# What the processor has is what works nested in QEMU 7.2: without NRIPS an RDTSCP cannot be skipped, MWAIT faults in
# Xen, SMAP in dom0, and the state of XSAVE and AVX leaks from one guest into the other.
processor=EPYC,-smap,-smep,-monitor,-rdtscp,-xsave,-avx,-avx2
xen_words='com1=115200,8n1 console=com1 loglvl=warning guest_loglvl=warning noreboot bootscrub=0
    dom0_mem=1280M,max:1280M dom0_max_vcpus=1 cpuidle=0 spec-ctrl=eager-fpu'

# disk NUMBER MODEL FILE [snapshot]: dom0 finds it by its model. What a snapshot writes is gone afterwards.
disk() {
    arguments+=(-drive "id=disk$1,file=$3,format=raw,if=none,cache=unsafe,snapshot=${4:-off}"
        -device "ide-hd,drive=disk$1,bus=ide.$1,model=$2")
}

start() { # WORD=VALUE...
    local arguments=()
    tar -c -f "$work/job" -C "$job" . || die "the job cannot be packed"
    truncate -s %1M "$work/job"
    truncate -s 16M "$work/results"
    disk 0 GUEST "$bed/guest.img" on
    disk 1 JOB "$work/job" on
    disk 2 RESULTS "$work/results"
    TMPDIR=$work setpriv --pdeathsig KILL qemu-system-x86_64 -machine q35 -accel tcg,tb-size=256 -smp 1 -m 3072 \
        -cpu "$processor" -kernel "$bed/xen" -append "$(tr -s ' \n' ' ' <<<"$xen_words")" \
        -initrd "$bed/vmlinuz console=hvc0 quiet panic=1 clocksource=xen rdinit=/init $*,$bed/dom0.cpio" \
        "${arguments[@]}" -nic none -display none -vga none -no-reboot -monitor none -serial "file:$console" \
        </dev/null >"$work/qemu.log" 2>&1 &
    qemu=$!
}

# What a guest prints may be anything.
console_tail() { tail -n "$1" "$console" | tr -d '\r' | tr -c '[:print:]\n' '?' | sed 's/^/    /' >&2; }

hangs() { # WHAT
    say 'the console ends with:'
    console_tail 12
    die "$1"
}

running() { kill -0 "$qemu" 2>/dev/null; }

# stage SECONDS WORDS: waits until dom0 or the guest has said so.
stage() {
    local limit=$(($1 * patience)) began=$SECONDS
    until grep -aqF "xen-bed: $2" "$console"; do
        ! grep -aqF 'xen-bed: failed: ' "$console" ||
            hangs "$(grep -aoE 'failed: .*' "$console" | head -n 1 | tr -d '\r')"
        running || hangs "QEMU ended before '$2': $(tail -n 1 "$work/qemu.log")"
        [ $((SECONDS - began)) -lt "$limit" ] || hangs "'$2' did not come in $limit s"
        sleep 1
    done
    say "$2 (after $SECONDS s)"
    echo "$SECONDS $2" >>"$results/stages"
}

mkdir -p "$results"
: >"$console" && : >"$results/stages" || exit 2
work=$(mktemp -d)
qemu=
trap '[ -z "$qemu" ] || { kill -KILL "$qemu"; wait "$qemu"; } 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
version=$(qemu-system-x86_64 --version | sed -n 's/.*version \([0-9.]*\).*/\1/p')
[[ $version == 7.* ]] || say "QEMU is $version; only 7.2 is known to do (in 10.0 the guest dies), continuing"
start "$@"
stage 300 'dom0 is up'
stage 180 "Xen's tools are up"
stage 400 'the guest is created'
stage 600 "the guest's kernel is up"
stage 180 'the job begins'
# What the job runs, one after the other; the first starts Wine.
for name in $(sed -n 's/^run \([a-z0-9_]*\) \([a-z.]*\) .*/\1 \2/p' "$job/job.sh" | tr ' ' +); do
    stage 600 "${name/+/ } begins"
done
stage 600 'the job has ended'
stage 180 'all is over'
stop_until=$((SECONDS + 60 * patience))
while running && [ "$SECONDS" -lt "$stop_until" ]; do sleep 1; done
tar -x -C "$results" -f "$work/results" || die "dom0 left no results"

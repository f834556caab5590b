#!/usr/bin/python3
"""What the verifier says when memory runs out: memory.py PROGRAM FIXTURES [KIND...]

Verifies a good and a bad sample of each kind of file, with each allocation failing once, those of the libraries included
(tests/faults/memory.c). None crashes or hangs; what is bad is never accepted, and of what is good nothing else is said than
without a fault: else the program ends with exit code 1 and one line. Allocations from the same place are tried SAME times
(3; 0: all of them), and of the places one of EVERY (1: all), chosen by SEED: `check` takes SAME=1 EVERY=16. Prints
"ok ..." and "not ok ..." lines, and for what went wrong the number of the allocation: FAULTS_MEMORY_AT shows it to a
debugger."""
import collections
import glob
import os
import shutil
import subprocess
import sys
import tempfile

program, fixtures = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
library = os.path.join(os.path.dirname(program), "tests", "memory.so")
work = tempfile.mkdtemp(prefix="xenpv-memory-")
same, every, seed = (os.environ.get(name, default) for name, default in (("SAME", "3"), ("EVERY", "1"), ("SEED", "1")))
windows = "win10-22h2-x64+testsigning"
FAILED = 1
# Of libarchive 3.6.2, and how often: where lzma_stream_decoder has no memory, xz_lzma_bidder_init frees what it has, and
# archive_read_append_filter closes it once more, through NULL. No verdict comes of it, and there is no way around it.
KNOWN = {"tar.xz": ("ended by signal 11", 3)}


def shell(*command):
    subprocess.run(command, cwd=work, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def samples():
    """(NAME, FILE, whether it is accepted)"""
    shell("tar", "xf", f"{fixtures}/whql-like/xenvif.tar")
    folder, = glob.glob(f"{work}/xenvif")
    for letter, end in (("z", "gz"), ("j", "bz2"), ("J", "xz")):
        shell("tar", f"c{letter}f", f"good.tar.{end}", "xenvif")
    have_7z = shutil.which("7z") is not None
    if have_7z:
        shell("7z", "a", "good.7z", "xenvif")
    else:
        print("skip memory/7z: no program that makes one (p7zip-full)")
    shell("python3", "-m", "zipfile", "-c", "good.zip", "xenvif")
    shell("xorriso", "-as", "mkisofs", "-J", "-o", "good.iso", folder)
    shell("gcab", "-c", "-n", "good.cab", *sorted(glob.glob(f"{folder}/x64/*")))
    catalog, inf, driver = (glob.glob(f"{folder}/x64/*.{end}")[0] for end in ("cat", "inf", "sys"))
    bad = f"{fixtures}/tampered"
    return [
        ("pe", driver, True), ("cat", catalog, True), ("folder", f"{folder}/x64", True),
        ("tar", f"{fixtures}/whql-like/xenvif.tar", True), ("tar.gz", f"{work}/good.tar.gz", True),
        ("tar.bz2", f"{work}/good.tar.bz2", True), ("tar.xz", f"{work}/good.tar.xz", True),
        ("zip", f"{work}/good.zip", True), ("iso", f"{work}/good.iso", True), ("cab", f"{work}/good.cab", True),
        ("msi", f"{fixtures}/gplpv/gplpv_Vista2008x64_0.11.0.372.msi", True),
        ("stamped pe", f"{fixtures}/variants/sha256-rfc3161.sys", True), ("inf", inf, True),
    ] + [("7z", f"{work}/good.7z", True)] * have_7z + [("bad " + name, f"{bad}/{name}", False) for name in (
        "sys-flipped-code", "cat-flipped-signature", "cat-flipped-member", "cat-stripped-stamp", "folder-cat-replaced",
        "msi-sys-flipped-code", "tar-truncated")]


def verify(path, **variables):
    """On one processor, so that the program has one thread. Standard output is a file, which can be read again."""
    with open(f"{work}/out", "w+b") as out:
        run = subprocess.run(
            [program, "verify", path, "--for", windows, "--json"],
            preexec_fn=lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}), env={**os.environ, **variables}, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE,
            timeout=600, check=False)
        out.seek(0)
        return run, out.read()


def judge(code, signal, same_output, lines, expected):
    """None, or what is wrong with a run in which one allocation failed."""
    if signal:
        return "it did not end" if signal == 14 else f"ended by signal {signal}"
    if code == FAILED:
        return None if lines == 1 else f"{lines} lines on standard error"
    if code != expected:
        return f"exit code {code}, not {expected}"
    return None if same_output else "another result, as if nothing had failed"


def try_sample(name, path, accepted):
    run, output = verify(path)
    if (run.returncode == 0) != accepted or (not accepted and run.returncode != 4):
        print(f"not ok memory/{name}: undisturbed, it ends with {run.returncode}: {run.stderr.decode()!r}")
        return
    with open(f"{work}/wanted", "wb") as f:
        f.write(output)
    report = f"{work}/report"
    verify(path, LD_PRELOAD=library, FAULTS_MEMORY=report, FAULTS_MEMORY_SAME=same, FAULTS_MEMORY_EVERY=every,
           FAULTS_MEMORY_SEED=seed, FAULTS_MEMORY_OUTPUT=f"{work}/wanted")
    wrong, tried, ended = collections.Counter(), 0, collections.Counter()
    known, known_left = KNOWN.get(name, ("", 0))
    with open(report, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            number, code, signal, same_output, count, *said = line.rstrip("\n").split(" ", 5)
            problem = judge(int(code), int(signal), same_output == "1", int(count), run.returncode)
            tried += 1
            ended[code if int(code) >= 0 else "signal " + signal] += 1
            if problem == known and known_left:
                known_left -= 1
            elif problem:
                wrong[f"{problem}, first at allocation {number}: {' '.join(said)}" if not wrong else problem] += 1
    if wrong or tried * int(every) < 100:
        print(f"not ok memory/{name}: {tried} allocations tried: " + "; ".join(f"{n} x {what}" for what, n in wrong.most_common(8)))
    else:
        print(f"ok memory/{name} ({tried} allocations: " + ", ".join(f"{n} ended with {c}" for c, n in sorted(ended.items())) + ")")
    sys.stdout.flush()


try:
    for sample in samples():
        if len(sys.argv) < 4 or sample[0] in sys.argv[3:]:
            try_sample(*sample)
finally:
    shutil.rmtree(work, ignore_errors=True)

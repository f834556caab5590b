#!/usr/bin/python3
"""What the verifier says when memory runs out: memory.py PROGRAM FIXTURES [KIND...]

Verifies a good and a bad sample of each kind of file, with each allocation failing once, those of the libraries included
(tests/faults/memory.c). None crashes or hangs; what is bad is never accepted, and of what is good nothing else is said than
without a fault: else the program ends with exit code 1 and one line. Allocations from the same place are tried SAME times
(3; 0: all of them). Prints "ok ..." and "not ok ..." lines."""
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
same = os.environ.get("SAME", "3")
windows = "win10-22h2-x64+testsigning"
FAILED = 1


def shell(*command):
    subprocess.run(command, cwd=work, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def samples():
    """(NAME, FILE, whether it is accepted)"""
    shell("tar", "xf", f"{fixtures}/whql-like/xenvif.tar")
    folder, = glob.glob(f"{work}/xenvif")
    shell("tar", "czf", "good.tar.gz", "xenvif")
    shell("python3", "-m", "zipfile", "-c", "good.zip", "xenvif")
    shell("xorriso", "-as", "mkisofs", "-J", "-o", "good.iso", folder)
    shell("gcab", "-c", "-n", "good.cab", *sorted(glob.glob(f"{folder}/x64/*")))
    catalog, inf, driver = (glob.glob(f"{folder}/x64/*.{end}")[0] for end in ("cat", "inf", "sys"))
    bad = f"{fixtures}/tampered"
    return [
        ("pe", driver, True), ("cat", catalog, True), ("folder", f"{folder}/x64", True),
        ("tar", f"{fixtures}/whql-like/xenvif.tar", True), ("tar.gz", f"{work}/good.tar.gz", True),
        ("zip", f"{work}/good.zip", True), ("iso", f"{work}/good.iso", True), ("cab", f"{work}/good.cab", True),
        ("msi", f"{fixtures}/gplpv/gplpv_Vista2008x64_0.11.0.372.msi", True),
        ("stamped pe", f"{fixtures}/variants/sha256-rfc3161.sys", True), ("inf", inf, False),
    ] + [("bad " + name, f"{bad}/{name}", False) for name in (
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
    verify(path, LD_PRELOAD=library, FAULTS_MEMORY=report, FAULTS_MEMORY_SAME=same, FAULTS_MEMORY_OUTPUT=f"{work}/wanted")
    wrong, tried, ended = collections.Counter(), 0, collections.Counter()
    with open(report, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            number, code, signal, same_output, count, *said = line.rstrip("\n").split(" ", 5)
            problem = judge(int(code), int(signal), same_output == "1", int(count), run.returncode)
            tried += 1
            ended[code] += 1
            if problem:
                wrong[f"{problem}, first at allocation {number}: {' '.join(said)}" if not wrong else problem] += 1
    if wrong or tried < 100:
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

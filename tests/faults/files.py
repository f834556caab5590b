#!/usr/bin/python3
"""What the program leaves behind when a call to the file system fails, or the power goes: files.py PROGRAM FIXTURES

Runs each command that writes files with the n-th of its calls failing (tests/faults/files.c), for every n until a run is
not disturbed; and plays the calls of an undisturbed run back up to each of them, without what was not synced by then.
What has its final name is whole, the old one or the new one; what failed is told in one line with the name of the file;
the next run comes to the end. Last, on a file system that is really full. Prints "ok ...", "not ok ..." and "skip ..." lines."""
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile

program, fixtures = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
library = os.path.join(os.path.dirname(program), "tests", "files.so")
work = tempfile.mkdtemp(prefix="xenpv-faults-")
facts = os.path.abspath("tests/golden/plans/code-14-after-first-start.json")
package = "gplpv_Vista2008x64_signed_0.11.0.373.msi"
manifest, pinned = os.path.join(work, "manifest.json"), os.path.join(work, "unpinned.json")
faults = ("eio", "full", "erofs", "short", "intr", "end", "torn")
environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000", "TMPDIR": work}
counts = {}


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(content)


# --- what is run ------------------------------------------------------------------------------------------------------


class Command:
    """NAME of a command, its ARGUMENTS with {} for the folder, the FILE that it writes there, whether an old one is
    there before, and what else is allowed to be left when a run failed. What is PROVED by a pinned hash each time that it is
    read does not wait for the disk: a power cut may tear it, and the next run has to find that and mend it."""

    def __init__(self, name, arguments, file, old=None, whole=None, left=(), proved=False):
        self.proved = proved
        self.name, self.arguments, self.file, self.old, self.left = name, arguments, file, old, left
        self.whole = whole or (lambda path: read(path) == self.new)

    def prepare(self, folder):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        if self.old is not None:
            write(os.path.join(folder, self.file), self.old)

    def run(self, folder, **variables):
        return subprocess.run(
            [program] + [a.replace("{}", folder) for a in self.arguments], env={**environment, **variables},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, check=False)

    def faulty(self, folder, how, at, log=""):
        variables = {"LD_PRELOAD": library, "FAULTS_ROOT": folder, "FAULTS_HOW": how, "FAULTS_AT": str(at)}
        return self.run(folder, **variables, **({"FAULTS_LOG": log} if log else {}))

    def state(self, folder):
        """"old", "new" or "torn": what has the final name."""
        path = os.path.join(folder, self.file)
        if not os.path.exists(path):
            return "old" if self.old is None else "torn"
        if self.old is not None and read(path) == self.old:
            return "old"
        try:
            return "new" if self.whole(path) else "torn"
        except (OSError, ValueError, zipfile.BadZipFile, EOFError):
            return "torn"

    def leftovers(self, folder):
        return sorted(set(os.listdir(folder)) - {self.file} - set(self.left))


def is_page(path):
    content = read(path)
    return content.startswith(b"<!DOCTYPE html>") and content.rstrip().endswith(b"</html>")


def is_zip(path):
    with zipfile.ZipFile(path) as z:
        return z.testzip() is None and "CONTENTS.txt" in z.namelist()


def is_pinned(path):
    releases = json.loads(read(path))["releases"]
    files = [f for release in releases for one in release["sets"] for f in one["files"] if f["name"] == package]
    return all(f["sha256"] for f in files) and bool(files)


def commands(port):
    page, old = ["report", "--facts", facts, "--html"], b"an old file"
    bundle = ["bundle", "--manifest", manifest, "--for", "win7sp1-x64+testsigning", "--programs", f"{work}/programs",
              "--packages", f"{work}/packages", "--force", "--to"]
    fetch = ["fetch", "--manifest", manifest, "--source", "univention-gplpv", "--for", "win7sp1-x64+testsigning",
             "--mirror", f"http://127.0.0.1:{port}/ok/", "--tries", "1", "--to", "{}"]
    pin = ["manifest", "pin", "--packages", f"{work}/one", "--json"]
    sources = read(pinned)
    return [
        Command("report --html", page + ["{}/page.html"], "page.html", whole=is_page),
        Command("report --html over a file", page + ["{}/page.html"], "page.html", old, is_page),
        Command("collect", ["collect", "{}/all.zip", "--facts", facts], "all.zip", whole=is_zip),
        Command("collect --force", ["collect", "{}/all.zip", "--facts", facts, "--force"], "all.zip", old, is_zip),
        Command("bundle as an ISO", bundle + ["{}/b.iso"], "b.iso"),
        Command("bundle as an ISO over a file", bundle + ["{}/b.iso"], "b.iso", old),
        Command("bundle as a zip", bundle + ["{}/b.zip"], "b.zip"),
        Command("verify --html", ["verify", f"{work}/one", "--html", "{}/v.html"], "v.html", old, is_page),
        Command("report --merge --html", ["report", "--merge", f"{work}/reports", "--html", "{}/m.html"], "m.html", old,
                is_page),
        Command("report --merge --csv", ["report", "--merge", f"{work}/reports", "--csv", "{}/m.csv"], "m.csv", old),
        Command("manifest pin", pin + ["{}/m.json", "--in-place"], "m.json", sources, is_pinned),
        Command("manifest pin --out", pin + [pinned, "--out", "{}/m.json"], "m.json", whole=is_pinned),
        Command("fetch", fetch, package, left=(package + ".part",), proved=True),
        Command("fetch over an altered file", fetch, package, old, left=(package + ".part",), proved=True),
    ]


# --- a call fails -----------------------------------------------------------------------------------------------------


def wrong(command, folder, run, how, at):
    """What is not as it should be after a run in which the at-th call failed; None: all is well."""
    state, said = command.state(folder), run.stderr.decode(errors="replace")
    lines = [line for line in said.splitlines() if line.startswith("error: ")]
    if state == "torn":
        return "a torn file has the name"
    if run.returncode not in (command.expected, 1, 4, 99):
        return f"exit code {run.returncode}"
    if run.returncode == 99:
        return None if how in ("end", "torn") else "exit code 99"
    if command.expected == run.returncode and state != "new":
        return f"exit code {run.returncode}, and there is nothing new"
    if how in ("short", "intr") and run.returncode != command.expected and b"Interrupted" not in run.stderr:
        return f"a call that only had to be made again: {said}"
    if run.returncode == 1 and command.expected != 1:
        if len(lines) != 1 and command.arguments[0] != "fetch":
            return f"{len(lines)} lines tell of it: {said!r}"
        told = said + run.stdout.decode(errors="replace")
        if command.file not in told and f"'{folder}'" not in told:
            return f"no word of '{command.file}': {told!r}"
    if how == "eio" and command.leftovers(folder) and run.returncode == command.expected:
        return f"left behind: {command.leftovers(folder)}"
    return None


def fails_everywhere(command, folder, how):
    """Tries each call; the count of calls, and what went wrong first."""
    for at in range(1, 100000):
        command.prepare(folder)
        run = command.faulty(folder, how, at)
        problem = wrong(command, folder, run, how, at)
        if not problem and run.returncode != command.expected or how in ("end", "torn"):
            again = command.run(folder)
            if command.name == "collect" and "is there already" in again.stderr.decode():
                pass
            elif command.name == "manifest pin --out" and command.state(folder) == "new":
                pass
            elif again.returncode != command.expected or command.state(folder) != "new":
                problem = problem or f"the next run: {again.returncode}: {again.stderr.decode()}"
            elif set(command.leftovers(folder)) - {os.path.basename(f) for f in command.left}:
                problem = problem or f"left behind after the next run: {command.leftovers(folder)}"
        if problem:
            return at, f"call {at}: {problem}"
        if at > command.calls:
            return at - 1, None
    return 0, "no end"


# --- the power goes ---------------------------------------------------------------------------------------------------


def records(path):
    """The log of tests/faults/files.c as (word, number, first, second, bytes)."""
    content, at = read(path), 0
    while at < len(content):
        head, first, second, rest = content[at:].split(b"\0", 3)
        word, number, size = head.split()
        yield word.decode(), int(number), first.decode(), second.decode(), rest[: int(size)]
        at += len(head) + len(first) + len(second) + 3 + int(size)


def calls_in(path):
    return sum(1 for _ in records(path)) if os.path.exists(path) else 0


class Disk:
    """Names and contents, as they are and as they are for certain."""

    def __init__(self, names):
        self.contents = {i: [content, content] for i, content in enumerate(names.values())}
        self.names = {name: i for i, name in enumerate(names)}
        self.safe_names, self.open, self.folders = dict(self.names), {}, {}

    def play(self, word, number, first, second, data):
        if word == "open":
            if first not in self.names:
                self.names[first] = len(self.contents)
                self.contents[self.names[first]] = [b"", b""]
            content = self.contents[self.names[first]]
            if int(second) & os.O_TRUNC:
                content[0] = b""
            self.open[number] = [content, len(content[0]) if int(second) & os.O_APPEND else 0]
        elif word == "look":
            if first in self.names:
                self.open[number] = [self.contents[self.names[first]], 0]
        elif word == "folder":
            self.folders[number] = first.rstrip("/")
        elif word == "write":
            file = self.open[number]
            at = file[1] if int(first) < 0 else int(first)
            file[0][0] = file[0][0][:at].ljust(at, b"\0") + data + file[0][0][at + len(data):]
            if int(first) < 0:
                file[1] = at + len(data)
        elif word == "cut":
            self.open[number][0][0] = self.open[number][0][0][: int(first)].ljust(int(first), b"\0")
        elif word == "sync" and number in self.folders:
            self.sync_names(self.folders[number])
        elif word == "sync" and number in self.open:
            self.open[number][0][1] = self.open[number][0][0]
        elif word == "rename":
            self.names[second] = self.names.pop(first)
        elif word == "link":
            self.names[second] = self.names[first]
        elif word == "unlink":
            self.names.pop(first, None)
        elif word == "close":
            self.folders.pop(number, None)
            self.open.pop(number, None)

    def sync_names(self, folder):
        for names, other in ((self.safe_names, self.names), (self.names, self.safe_names)):
            for name in [n for n in names if os.path.dirname(n) == folder]:
                if names is self.safe_names and name not in other:
                    del names[name]
                elif names is self.names:
                    other[name] = names[name]

    def left(self):
        """The ways in which the disk may be found: each as {name: content}."""
        half = {i: now if now == safe else now[: len(now) // 2] for i, (now, safe) in self.contents.items()}
        now = {i: c[0] for i, c in self.contents.items()}
        safe = {i: c[1] for i, c in self.contents.items()}
        for names, contents in ((self.safe_names, safe), (self.names, safe), (self.names, half),
                                (self.safe_names, now), (self.names, now)):
            yield {name: contents[i] for name, i in names.items()}


def power_cuts(command, folder):
    """Plays an undisturbed run back up to each call; the count, and what went wrong first."""
    log, cuts = f"{work}/log", 0
    command.prepare(folder)
    before = {os.path.join(folder, name): read(os.path.join(folder, name)) for name in os.listdir(folder)}
    command.faulty(folder, "", 0, log)
    calls, disk, seen = list(records(log)), Disk(before), set()
    for n in range(len(calls) + 1):
        for found in disk.left():
            cuts += 1
            picture = hash(tuple(sorted(found.items())))
            if picture in seen:
                continue
            seen.add(picture)
            shutil.rmtree(folder)
            os.makedirs(folder)
            for name, content in found.items():
                write(name, content)
            state = command.state(folder)
            if command.proved:
                again = command.run(folder)
                if again.returncode != command.expected or command.state(folder) != "new":
                    return cuts, f"before call {n + 1} of {len(calls)}: {state}, and the next run mends nothing: {again.stderr.decode()}"
                continue
            if state == "torn":
                return cuts, f"before call {n + 1} of {len(calls)}, {calls[min(n, len(calls) - 1)][:4]}: a torn file has the name"
            if n == len(calls) and state != "new":
                return cuts, "a run that has ended well is lost"
        if n < len(calls):
            disk.play(*calls[n])
    return cuts, None


# --- a disk that is really full ---------------------------------------------------------------------------------------


def on_full_disk(command):
    """On a file system of a few kB, in namespaces of our own. What is left is seen from inside only, so the same process
    lists it. None when the command's output fits."""
    size = (len(command.old or b"") // 4096 + 1) * 4 + 8
    write(f"{work}/old", command.old or b"")
    os.makedirs(f"{work}/full", exist_ok=True)
    old = "" if command.old is None else f"cp {work}/old {work}/full/{command.file}; "
    script = (f'mount -t tmpfs -o size={size}k none {work}/full || exit 98; {old}"$@"; code=$?; echo; echo FOUND; '
              f"cd {work}/full; ls; {'' if command.old is None else f'cmp -s {work}/old {command.file} && echo SAME; '}exit $code")
    run = subprocess.run(
        ["unshare", "-mr", "sh", "-c", script, "sh", program] + [a.replace("{}", f"{work}/full") for a in command.arguments],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    found = run.stdout.decode().rpartition("FOUND\n")[2].split()
    wanted = [] if command.old is None else [command.file, "SAME"]
    if run.returncode == command.expected:
        return None
    if run.returncode != 1 or b"No space left" not in run.stderr + run.stdout:
        return f"exit code {run.returncode}: {run.stderr.decode()!r}"
    return "" if set(found) - set(command.left) == set(wanted) else f"there is {found}, not {wanted}"


def full_disks():
    if subprocess.run(["unshare", "-mr", "true"], stderr=subprocess.DEVNULL, check=False).returncode:
        print("skip faults/a full disk: no namespace of our own can be had here")
        return
    tried = 0
    for command in [one for one in all_commands if hasattr(one, "expected")]:
        problem = on_full_disk(command)
        tried += problem is not None
        if problem is not None:
            print(f"not ok faults/{command.name}, a full disk: {problem}" if problem else f"ok faults/{command.name}, a full disk")
    if not tried:
        print("not ok faults/a full disk: everything fits on it")


# --- all ----------------------------------------------------------------------------------------------------------------


def unpin():
    """The manifest without the hashes of our package."""
    data = json.loads(read(manifest))
    for release in data["releases"]:
        for file in [file for one in release["sets"] for file in one["files"] if file["name"] == package]:
            file.update(size=None, sha256=None, sha512=None, no_hash_reason="not known yet")
    write(pinned, json.dumps(data, indent=2).encode())


def set_up():
    with open(manifest, "wb") as out:
        subprocess.run(["tests/guest/test-manifest.sh", fixtures], stdout=out, check=True)
    for name in ("x86", "x64"):
        write(f"{work}/programs/{name}/xenpv.exe", name.encode() * 1000)
    os.makedirs(f"{work}/packages")
    for path in glob.glob(f"{fixtures}/gplpv/*.msi") + glob.glob(f"{fixtures}/xenproject-9.1.0/*.tar"):
        shutil.copy(path, f"{work}/packages")
    os.makedirs(f"{work}/one")
    shutil.copy(f"{fixtures}/univention-like/{package}", f"{work}/one")
    unpin()
    for name in sorted(os.listdir("tests/golden/plans"))[:12]:
        if name.endswith(".json"):
            run = subprocess.run([program, "status", "--facts", f"tests/golden/plans/{name}", "--json"],
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
            write(f"{work}/reports/{name}", run.stdout)


def serve():
    server = subprocess.Popen(
        [sys.executable, "tests/delivery/http-server.py", f"{fixtures}/univention-like", f"{work}/port"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (os.path.exists(f"{work}/port") and os.path.getsize(f"{work}/port")):
        if server.poll() is not None:
            sys.exit("not ok faults: there is no server")
    return server, read(f"{work}/port").decode().strip()


def try_command(command):
    folder = f"{work}/at/{command.name.replace(' ', '-')}"
    command.prepare(folder)
    run = command.faulty(folder, "", 0, f"{work}/log")
    path = os.path.join(folder, command.file)
    if not os.path.exists(path) or (command.old is not None and read(path) == command.old):
        print(f"not ok faults/{command.name}: undisturbed, it ends with {run.returncode}: {run.stderr.decode()!r}")
        return
    command.new, command.expected, command.calls = read(path), run.returncode, calls_in(f"{work}/log")
    for how in faults:
        tried, problem = fails_everywhere(command, folder, how)
        print(f"not ok faults/{command.name}, {how}: {problem}" if problem else f"ok faults/{command.name}, {how}: {tried} calls")
    cuts, problem = power_cuts(command, folder)
    print(f"not ok faults/{command.name}, power: {problem}" if problem else f"ok faults/{command.name}, power: {cuts} cuts")
    sys.stdout.flush()


try:
    set_up()
    server, port = serve()
    try:
        all_commands = [c for c in commands(port) if len(sys.argv) < 4 or c.name in sys.argv[3:]]
        for one in all_commands:
            try_command(one)
        full_disks()
    finally:
        server.kill()
finally:
    shutil.rmtree(work, ignore_errors=True)

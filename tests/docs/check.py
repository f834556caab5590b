#!/usr/bin/env python3
"""The commands of the documents, run as they stand there: check.py [PAGE...] > lines "ok ..." and "not ok ..."

A block ```console holds commands for Linux, each after "$ ", run by bash in one folder for each page; what stands below a
command is how its output begins, "..." stands for anything. A block ```bat holds commands for the guest, run by Windows'
cmd.exe in one guest for each page, on Windows 10, with a bundle as its drive D:; "shutdown /r" restarts it. A command exits
with 0, or with what the line after it says: "# exit code N" or "rem exit code N". Options of xenpv that stand in `...` in the
text have to be options of some command, and pages that are linked have to be there.

What is not as in the documents: the packages and the manifest are made ones. So on Linux a wrapper tells fetch and bundle the
manifest, and that each Windows has test signing on; fetch has a web server on this machine; a page finds the files that it speaks of
(packages, guest.json, ...); and in the guest, where nobody signed the bundle's manifest, what changes the machine gets
--allow-unsigned-manifest.
Needs build/native/xenpv, build/x86_64/xenpv.exe, build/i686/xenpv.exe and what tests/guest needs.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GUEST = os.path.join(ROOT, "tests/guest/guest.sh")
FIXTURES = os.path.join(ROOT, "build/fixtures")
SECONDS = 180
failures = 0


def tell(good, name, why=""):
    global failures
    failures += not good
    print(f"ok docs: {name}" if good else f"not ok docs: {name}: {' | '.join(why.split(chr(10)))[-4000:]}", flush=True)


# ---- what a page says ------------------------------------------------------------------------------------------------


class Command:
    """One command of a block: where it stands, its exit code, and the lines that its output begins with."""

    def __init__(self, place, text):
        self.place, self.text, self.code, self.output = place, text, 0, []


def blocks(page, language):
    inside, found = None, []
    with open(os.path.join(ROOT, page), encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            if line.startswith("```"):
                inside = line[3:].strip() if inside is None else None
            elif inside == language:
                found.append((f"{page}:{number}", line))
    return found


def exit_code_in(line):
    match = re.match(r"(?:#|rem) exit code (\d+)", line)
    return int(match.group(1)) if match else None


def console_commands(page):
    commands = []
    for place, line in blocks(page, "console"):
        if line.startswith("$ "):
            commands.append(Command(place, line[2:]))
        elif exit_code_in(line) is not None:
            commands[-1].code = exit_code_in(line)
        elif line:
            commands[-1].output.append(line)
    return commands


def guest_commands(page):
    commands = []
    for place, line in blocks(page, "bat"):
        if exit_code_in(line) is not None:
            commands[-1].code = exit_code_in(line)
        elif line and not line.startswith("rem"):
            commands.append(Command(place, line))
    return commands


# ---- on Linux --------------------------------------------------------------------------------------------------------

# Which commands are told the made manifest; the test packages' signers and hashes are in no other.
WRAPPER = r"""#!/bin/bash
if [ "$1" = fetch ] || [ "$1" = bundle ]; then
    for word; do
        shift
        [ "$before" != --for ] || word=$(sed -E 's/(win[a-z0-9.]*-([0-9a-z]+-)?x64)(,|$)/\1+testsigning\3/g' <<< "$word")
        set -- "$@" "$word"
        before=$word
    done
fi
case ${1:-status} in
    fetch | bundle) exec "$DOCS_PROGRAM" "$@" --manifest "$DOCS_MANIFEST" ;;
    *) exec "$DOCS_PROGRAM" "$@" ;;
esac
"""


def make_workplace(folder):
    """The program with both Windows programs beside it, and a manifest whose addresses are on this machine."""
    program = os.path.join(folder, "program")
    for name, source in (("xenpv", "native/xenpv"), ("x86/xenpv.exe", "i686/xenpv.exe"), ("x64/xenpv.exe", "x86_64/xenpv.exe")):
        os.makedirs(os.path.dirname(os.path.join(program, name)), exist_ok=True)
        shutil.copy(os.path.join(ROOT, "build", source), os.path.join(program, name))
    os.makedirs(os.path.join(folder, "bin"))
    wrapper = os.path.join(folder, "bin/xenpv")
    with open(wrapper, "w") as file:
        file.write(WRAPPER)
    os.chmod(wrapper, 0o755)


def copy_packages(folder):
    os.makedirs(folder)
    for set_ in ("gplpv", "univention-like", "xenproject-9.1.0"):
        for name in os.listdir(os.path.join(FIXTURES, set_)):
            if os.path.isfile(os.path.join(FIXTURES, set_, name)):
                shutil.copy(os.path.join(FIXTURES, set_, name), folder)


def serve(packages, port_file):
    """The made packages, on a port of this machine."""
    server = subprocess.Popen([sys.executable, os.path.join(ROOT, "tests/delivery/http-server.py"), packages, port_file],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while not (os.path.exists(port_file) and os.path.getsize(port_file)):
        if time.monotonic() > deadline:
            sys.exit("docs: the web server does not start")
        time.sleep(0.02)
    with open(port_file) as file:
        return server, file.read().strip()


def write_manifest(path, port):
    made = subprocess.run([os.path.join(ROOT, "tests/guest/test-manifest.sh"), FIXTURES], capture_output=True, check=True)
    manifest = json.loads(made.stdout)
    for release in manifest["releases"]:
        for set_ in release["sets"]:
            for file in set_["files"]:
                file["url"] = f"http://127.0.0.1:{port}/ok/{file['name']}"
    with open(path, "w") as file:
        json.dump(manifest, file)


def files_that_pages_speak_of(folder):
    facts = os.path.join(ROOT, "tests/golden/status/well-univention.json")
    os.makedirs(os.path.join(folder, "reports/site"))
    report = os.path.join(folder, "reports/site/web1.json")
    with open(report, "w") as file:
        subprocess.run([os.path.join(ROOT, "build/native/xenpv"), "status", "--json", "--facts", facts], stdout=file, check=True)
    shutil.copy(report, os.path.join(folder, "guest.json"))


def begins_like(output, expected):
    """Each expected line stands in the output, in this order; without "..." between them one right after the other."""
    lines, at, loose = [line.rstrip() for line in output.splitlines()], 0, False
    for line in expected:
        if line.strip() == "...":
            loose = True
            continue
        while loose and at < len(lines) and lines[at] != line:
            at += 1
        if at >= len(lines) or lines[at] != line:
            return f"'{line}' is not there"
        at, loose = at + 1, False
    return ""


def run_console(page, environment, prepared):
    folder = tempfile.mkdtemp(prefix="docs-", dir=os.path.join(ROOT, "build"))
    files_that_pages_speak_of(folder)
    texts = " ".join(c.text for c in console_commands(page))
    if "packages" in texts and "xenpv fetch" not in texts:
        shutil.copytree(prepared, os.path.join(folder, "packages"))
    try:
        for command in console_commands(page):
            done = subprocess.run(["bash", "-c", command.text], cwd=folder, env=environment, capture_output=True,
                                  text=True, errors="replace", stdin=subprocess.DEVNULL, timeout=SECONDS)
            name = f"{command.place}: {command.text}"
            if done.returncode != command.code:
                tell(False, name, f"exit code {done.returncode}, not {command.code}: {done.stdout}{done.stderr}")
            else:
                why = begins_like(done.stdout, command.output)
                tell(not why, name, why)
    finally:
        shutil.rmtree(folder)


# ---- in a guest ------------------------------------------------------------------------------------------------------


def guest(*arguments):
    return subprocess.run([GUEST, *arguments], capture_output=True, text=True, errors="replace", timeout=SECONDS)


ENDED = re.compile(r"^\S+ resume: .* \(exit \d+\)$", re.M)


def log_of(folder):
    log = os.path.join(folder, "drive_c/ProgramData/xenpv/xenpv.log")
    if not os.path.exists(log):
        return ""
    with open(log, encoding="utf-8") as file:
        return file.read()


def await_continuation(folder, before):
    """The service that goes on after a restart says how it ended; what it said instead where it does not."""
    deadline, text = time.monotonic() + 120, ""
    while time.monotonic() < deadline:
        text = log_of(folder).removeprefix(before)
        if ENDED.search(text):
            return ""
        time.sleep(0.1)
    return text or "it wrote no log"


CHANGING = re.compile(r"xenpv\.exe (install|remove|resume|rollback)\b")


def run_in_guest(folder, command):
    line = command.text + (" --allow-unsigned-manifest" if CHANGING.search(command.text) else "")
    status = os.path.join(folder, ".guest/docs-status")
    done = guest("exec", folder, "--status", status, "--seconds", str(SECONDS), "--", "cmd.exe", "/c", line)
    code = open(status).read().split()[-1]
    good = code == str(command.code)
    tell(good, f"{command.place}: {command.text}", f"exit code {code}, not {command.code}: {done.stdout}{done.stderr}")


def restart(folder, command):
    before = log_of(folder)
    done = guest("reboot", folder)
    if done.returncode != 0:
        tell(False, f"{command.place}: {command.text}", f"{done.stdout}{done.stderr}")
        return
    why = await_continuation(folder, before)
    tell(not why, f"{command.place}: {command.text}: what goes on after it ends", why)


def run_bat(page, bundle):
    folder = os.path.join(ROOT, "build", "docs-guest")
    guest("delete", folder)
    shutil.rmtree(folder, ignore_errors=True)
    made = guest("new", folder, "win10-x64", "--xen", "--testsigning")
    if made.returncode != 0:
        tell(False, f"{page}: a guest", made.stderr)
        return
    drive = os.path.join(folder, "dosdevices/d:")
    if os.path.islink(drive):
        os.remove(drive)
    os.symlink(bundle, drive)
    try:
        for command in guest_commands(page):
            if command.text.startswith("shutdown /r"):
                restart(folder, command)
            else:
                run_in_guest(folder, command)
    finally:
        guest("delete", folder)
        shutil.rmtree(folder, ignore_errors=True)


# ---- what the text says ----------------------------------------------------------------------------------------------


def known_options(program):
    page = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    names = re.findall(r"^  ([a-z]+) ", page.split("exit codes:")[0], re.M)
    known = set()
    for name in names:
        page = subprocess.run([program, name, "--help"], capture_output=True, text=True, check=True).stdout
        known |= set(re.findall(r"^  (--[a-z-]+)", page, re.M))
    return known


# Options of other programs that pages speak of.
FOREIGN = {"--write"}


def check_text(page, known):
    text = open(os.path.join(ROOT, page), encoding="utf-8").read()
    quoted = " ".join(re.findall(r"`([^`\n]+)`", text))
    unknown = set(re.findall(r"(?<![\w-])(--[a-z][a-z-]+)", quoted)) - known - FOREIGN
    tell(not unknown, f"{page}: its options are options", f"no command takes {' '.join(sorted(unknown))}")
    missing = [link for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
               if not os.path.exists(os.path.join(ROOT, os.path.dirname(page), link))]
    tell(not missing, f"{page}: its links lead somewhere", " ".join(missing))


def check_manual_page(program, known):
    """The page is made of the help; here it is read as a reader of such pages does."""
    made = subprocess.run([os.path.join(ROOT, "docs/man.sh"), program], capture_output=True, text=True)
    tell(made.returncode == 0 and not made.stderr, "the manual page is made", made.stderr)
    looked = subprocess.run(["mandoc", "-T", "lint", "-W", "warning"], input=made.stdout, capture_output=True, text=True)
    # It has no date: the same sources make the same page on any day.
    faults = [line for line in looked.stdout.splitlines() if "missing date" not in line]
    tell(not faults and looked.returncode < 5, "the manual page is well-formed", "\n".join(faults) + looked.stderr)
    shown = subprocess.run(["mandoc", "-T", "ascii"], input=made.stdout, capture_output=True, text=True).stdout
    plain = re.sub(".\b", "", shown)
    missing = [option for option in sorted(known) if not re.search(rf"^ +{option}\b", plain, re.M)]
    tell(not missing and len(known) > 30, "the manual page has every option", " ".join(missing))


def all_pages():
    found = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"], cwd=ROOT,
                           capture_output=True, text=True, check=True)
    return [page for page in found.stdout.split() if not page.startswith("tests/")]


def make_bundle(environment, packages, to):
    done = subprocess.run(["xenpv", "bundle", "--for", "win10-22h2-x64+testsigning,win7sp1-x64+testsigning", "--packages",
                           packages, "--to", to], env=environment, capture_output=True, text=True)
    tell(done.returncode == 0, "a bundle for the guests", done.stdout + done.stderr)


def main():
    pages = sys.argv[1:] or all_pages()
    work = tempfile.mkdtemp(prefix="docs-", dir=os.path.join(ROOT, "build"))
    server = None
    try:
        make_workplace(work)
        packages, manifest = os.path.join(work, "packages"), os.path.join(work, "manifest.json")
        copy_packages(packages)
        server, port = serve(packages, os.path.join(work, "port"))
        write_manifest(manifest, port)
        environment = dict(os.environ, PATH=f"{work}/bin:{os.environ['PATH']}", DOCS_PROGRAM=f"{work}/program/xenpv",
                           DOCS_MANIFEST=manifest, SOURCE_DATE_EPOCH="1700000000")
        known = known_options(f"{work}/program/xenpv")
        bundle = os.path.join(work, "bundle")
        if any(guest_commands(page) for page in pages):
            make_bundle(environment, packages, bundle)
        check_manual_page(f"{work}/program/xenpv", known)
        for page in pages:
            check_text(page, known)
            if console_commands(page):
                run_console(page, environment, packages)
            if guest_commands(page):
                run_bat(page, bundle)
    finally:
        if server:
            server.kill()
            server.wait()
        shutil.rmtree(work, ignore_errors=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

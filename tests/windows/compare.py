#!/usr/bin/env python3
"""What a real guest gave, beside what Wine gave: compare.py EVIDENCE [WINE]

EVIDENCE is the folder that matrix.cmd filled, or a zip of it. Compared are the exit codes and, at each of the five
moments, what `status` said: with tests/guest/status.txt and matrix.txt, which are what Wine gave, or, where WINE is
given, with the evidence of a simulated guest, and then the facts too. Prints one line for each thing, "same ...",
"differs ..." or "not known ...", and says which simulated Windows it took. Exit 0: nothing differs; 1: something does.
"""
import io
import json
import pathlib
import re
import sys
import zipfile

GUEST = pathlib.Path(__file__).resolve().parent.parent / "guest"
# The moments, what status.txt calls them, and the step that exits with what status exits with there.
MOMENTS = {"before": "fresh", "installed": "installed", "confirmed": "healthy", "removed": "removed",
           "after": "removed-finished"}
# matrix.cmd's steps and the columns of matrix.txt, with the exit codes that "ok" stands for there.
STEPS = {"detect": ("detect", 1), "plan": ("plan", 1), "install": ("install", 1), "resume": ("resume", 1),
         "verify-installed": ("verify", 1), "remove": ("remove", 1), "resume-removal": ("resume", 2)}
OK = {"install": "3010", "remove": "3010"}
# Findings that stand in a simulated guest because Wine does not answer: tests/guest/README.md. That a real guest has
# not got them is as it should be.
WINE_ONLY = {"device-status-unknown", "disk-path-unknown", "history-unread"}
# Facts that are another's on each machine.
ITS_OWN = re.compile(r"^(platform\.(system_uuid|domain_id|xen_m.*|bios_version|system_version)|windows\.boot_time)$")


class Unusable(Exception):
    pass


class Evidence:
    """The files of one run of matrix.cmd."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.zip = None
        if self.path.is_file():
            self.zip = zipfile.ZipFile(self.path)
            self.names = {name.replace("\\", "/").rsplit("/", 1)[-1]: name for name in self.zip.namelist()}
        elif not self.path.is_dir():
            raise Unusable(f"there is no '{path}'")
        self.exits = dict(line.split(" ", 1) for line in (self.text("exit-codes.txt") or "").splitlines() if " " in line)
        if not self.exits:
            raise Unusable(f"'{path}' has no exit-codes.txt: is it a folder of matrix.cmd?")

    def data(self, name):
        if self.zip:
            return self.zip.read(self.names[name]) if name in self.names else None
        file = self.path / name
        return file.read_bytes() if file.is_file() else None

    def text(self, name):
        data = self.data(name)
        return data.decode("utf-8", "replace") if data is not None else None

    def json(self, moment, name):
        """A file of the zip that `xenpv collect` made at this moment, or None."""
        data = self.data(moment + ".zip")
        if data is None:
            return None
        inner = zipfile.ZipFile(io.BytesIO(data))
        return json.loads(inner.read(name)) if name in inner.namelist() else None

    def status(self, moment):
        """Exit code, word and findings, or None."""
        report = self.json(moment, "report.json")
        return report and (str(report["exit_code"]), report["status"]["word"],
                           [f["code"] for f in report["status"]["findings"]])

    def family(self):
        for moment in ("confirmed", "installed", "removed"):
            report = self.json(moment, "report.json")
            if report and report["journal"]:
                return report["journal"]["family"]
        return None


def table(name):
    """Rows of a table of tests/guest, each a list of its columns; the first names them."""
    lines = [line for line in (GUEST / name).read_text().splitlines() if line and not line.startswith("#")]
    return [re.split(r"\t| {2,}", line) for line in lines]


def simulated_windows(facts):
    """The simulated Windows that is nearest: same version, kind and processor, and the same build or the next lower."""
    windows = facts["windows"]
    nt = f"{windows['major']}.{windows['minor']}"
    kind = "1" if windows["type"] == "workstation" else "3"
    near = [(abs(windows["build"] - int(row[2])), row[0]) for row in table("windows.tsv")
            if row[1] == nt and row[5] == kind and row[6] == windows["architecture"]]
    return min(near)[1] if near else None


def wine_by_tables(windows, program, family):
    """What the tables say: (step -> exit code, moment -> status)."""
    statuses, exits = {}, {}
    for row in table("status.txt"):
        for moment, state in MOMENTS.items():
            wanted = [windows, program, "-" if moment == "before" else family, state]
            if row[:4] == wanted:
                # Exit code and word are one space apart where the word is long.
                statuses[moment] = (row[4], row[5], row[6].split() if len(row) > 6 else [])
    head, *rows = table("matrix.txt")
    for row in rows:
        if row[:3] == [windows, program, family]:
            for step, (column, number) in STEPS.items():
                cell = row[[i for i, name in enumerate(head) if name == column][number - 1]]
                if cell != "-":
                    exits[step] = OK.get(step, "0") if cell == "ok" else cell
    return exits, statuses


class Report:
    def __init__(self):
        self.differences = 0

    def line(self, name, here, wine):
        """Two texts; None where one is not known."""
        if here is None or wine is None:
            print(f"not known {name}: {'not in the evidence' if here is None else 'Wine has not shown it'}")
        elif here == wine:
            print(f"same {name}: {here}")
        else:
            print(f"differs {name}: {here}; under Wine {wine}")
            self.differences += 1

    def findings(self, moment, here, wine):
        more = [code for code in here if code not in wine]
        fewer = [code for code in wine if code not in here and code not in WINE_ONLY]
        unseen = [code for code in wine if code not in here and code in WINE_ONLY]
        parts = [f"{title} {' '.join(codes)}" for title, codes in (("only here", more), ("only under Wine", fewer)) if codes]
        tail = f" (and without {' '.join(unseen)}, which Wine cannot tell)" if unseen else ""
        print(f"{'differs' if parts else 'same'} findings {moment}: {'; '.join(parts) or ' '.join(here) or 'none'}{tail}")
        self.differences += bool(parts)


def flat(value, path=""):
    """(path, scalar or None) of all below value; the members of a list share a path."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from flat(child, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        yield path + "[]", len(value)
        for child in value:
            yield from flat(child, path + "[]")
    else:
        yield path, value


def known(facts):
    """Path -> the values that are known there."""
    found = {}
    for path, value in flat(facts):
        values = found.setdefault(path, [])
        if value is not None and not (path.endswith("[]") and value == 0):
            values.append(value)
    return found


def compare_facts(report, moment, here, wine):
    here, wine = known(here), known(wine)
    for path in sorted(here.keys() | wine.keys()):
        a, b = here.get(path, []), wine.get(path, [])
        if bool(a) != bool(b):
            print(f"differs facts {moment}: {path} is known {'here' if a else 'under Wine'} only")
            report.differences += 1
        elif "[]" not in path and not ITS_OWN.match(path):
            if a != b:
                report.line(f"facts {moment}: {path}", json.dumps(a[0]), json.dumps(b[0]))


def compare(evidence, wine_path):
    here = Evidence(evidence)
    facts = here.json("before", "facts.json")
    if not facts:
        raise Unusable(f"'{evidence}' has no before.zip with facts.json")
    report = Report()
    program = "i686" if facts["windows"]["process"] == "x86" else "x86_64"
    windows, family = simulated_windows(facts), here.family()
    print(f"here: {facts['windows']['product_name']}, build {facts['windows']['build']}, {program}, {family or 'no drivers'}, "
          f"Xen {facts['platform']['xen_major']}.{facts['platform']['xen_minor']}")
    wine = None
    if wine_path:
        wine = Evidence(wine_path)
        exits, statuses = wine.exits, {m: s for m in MOMENTS if (s := wine.status(m))}
        print(f"beside it: '{wine_path}'")
    else:
        exits, statuses = wine_by_tables(windows, program, family)
        print(f"beside it: {windows or 'no simulated Windows is like it'} of tests/guest/status.txt and matrix.txt")
    for step in STEPS if not wine else sorted(exits.keys() | here.exits.keys()):
        report.line(f"exit {step}", here.exits.get(step), exits.get(step))
    for moment in MOMENTS:
        a, b = here.status(moment), statuses.get(moment)
        report.line(f"status {moment}", a and f"{a[1]}, exit {a[0]}", b and f"{b[1]}, exit {b[0]}")
        if a and b:
            report.findings(moment, a[2], b[2])
    for moment in MOMENTS if wine else ():
        a, b = here.json(moment, "facts.json"), wine.json(moment, "facts.json")
        if a and b:
            compare_facts(report, moment, a, b)
    for line in (here.text("results.txt") or "").splitlines():
        if line.startswith("not ok "):
            print(f"differs matrix.cmd said: {line}")
            report.differences += 1
    print(f"{report.differences} differences" if report.differences else "nothing differs")
    return 1 if report.differences else 0


def main(arguments):
    if not 1 <= len(arguments) <= 2 or arguments[0].startswith("-"):
        print("usage: tests/windows/compare.py EVIDENCE [WINE]", file=sys.stderr)
        return 2
    try:
        return compare(arguments[0], arguments[1] if len(arguments) == 2 else None)
    except (Unusable, zipfile.BadZipFile, KeyError, ValueError) as e:
        print(f"compare: {e}", file=sys.stderr)
        return 2


sys.exit(main(sys.argv[1:]))

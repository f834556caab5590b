"""What the program prints as JSON is what docs/report.schema.json says, and the schema says something.

Prints "ok ..." and "not ok ..." lines. The guests of the golden statuses and plans are judged anew: status and plan print
a report; facts alone are facts.py's. Some copies with one thing wrong must be refused. XENPV names the program.
"""
import json
import os
import pathlib
import subprocess
import sys

import jsonschema

from schemas import result, wrong_copies

PROGRAM = os.environ.get("XENPV", "build/native/xenpv")
GOLDEN = pathlib.Path("tests/golden")
FACTS = pathlib.Path("docs/facts.schema.json")


def run(command, path):
    done = subprocess.run([PROGRAM, command, "--json", "--facts", path], capture_output=True, check=False)
    return json.loads(done.stdout)


def first_error(validator, data):
    """The schema and the reports are large: the first thing that is wrong will do."""
    error = next(validator.iter_errors(data), None)
    return error and "/".join(map(str, error.path)) + ": " + error.message[:120]


def report_validator():
    """A report's facts are what another file says, which is put into this one, so that no resolver is asked."""
    schema = json.loads(pathlib.Path("docs/report.schema.json").read_text())
    schema["definitions"]["facts_file"] = {"$id": "facts.schema.json", **json.loads(FACTS.read_text())}
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def judge(command, paths, validator):
    for path in paths:
        wrong = first_error(validator, run(command, path))
        if wrong:
            result(f"{command} --facts {path.name}", wrong)
    result(f"{command} prints what the schema says, of {len(paths)} guests", None if paths else "there are none")


def main():
    report = report_validator()
    guests = sorted(p for p in (GOLDEN / "status").glob("*.json") if not p.name.endswith(".status.json"))
    judge("status", guests, report)
    judge("plan", sorted((GOLDEN / "plans").glob("*.json"))[::4], report)

    whole = run("status", GOLDEN / "status" / "fallback-and-trust.json")
    copies = list(wrong_copies(whole))
    taken = [what for what, wrong in copies if first_error(report, wrong) is None]
    result(f"{len(copies)} wrong reports are refused", "taken: " + ", ".join(taken) if taken else None)


if __name__ == "__main__":
    sys.exit(main())

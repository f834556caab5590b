"""Facts are what docs/facts.schema.json says, and the schema says something.

    facts.py              the facts of the golden statuses and plans, and what detect makes of them
    facts.py NAME FILE... the facts or reports in FILE, as one line of that name

Prints "ok ..." and "not ok ..." lines. Copies with one thing wrong must be refused. XENPV names the program.
"""
import json
import pathlib
import sys

import jsonschema

from reports import FACTS, first_error, report_validator, run
from schemas import result, wrong_copies

SCHEMA = json.loads(FACTS.read_text())


def facts_validator():
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    return jsonschema.Draft7Validator(SCHEMA)


def load(path):
    try:
        return json.loads(path.read_bytes())
    except ValueError:  # what is made to be refused by the program
        return None


def facts_in(data):
    """Facts alone, or those of a report."""
    facts = data.get("facts") if isinstance(data, dict) and "facts" in data else data
    return facts if isinstance(facts, dict) and facts.get("schema") == 1 and "platform" in facts else None


def judge(name, files, judged):
    wrong = [f"{path}: {why}" for path, why in ((path, judged(path)) for path in files) if why]
    result(f"{name}, of {len(files)} files", "; ".join(wrong[:3]) if wrong else None if files else "there are none")


def judge_given(name, files):
    """Each is wholly what its own schema says."""
    facts, report = facts_validator(), report_validator()

    def judged(path):
        data = load(path)
        if data is None:
            return "no JSON"
        return first_error(report if "facts" in data else facts, data)

    judge(name, files, judged)


def undocumented(schema, path=()):
    """Members of objects that say nothing of what they mean."""
    for name, member in schema.get("properties", {}).items():
        if "description" not in member:
            yield "/".join(path + (name,))
    for name, inner in schema.get("definitions", {}).items():
        yield from undocumented(inner, path + (name,))


def main():
    if len(sys.argv) > 1:
        return judge_given(sys.argv[1], [pathlib.Path(name) for name in sys.argv[2:]])
    validator = facts_validator()
    golden = sorted(path for folder in ("status", "plans", "xen") for path in pathlib.Path("tests/golden", folder).glob("*.json")
                    if not path.name.endswith(".status.json"))
    judge("what stands in the golden guests", [path for path in golden if facts_in(load(path))],
          lambda path: first_error(validator, facts_in(load(path))))
    judge("what detect makes of them", golden[::3], lambda path: first_error(validator, run("detect", path)))
    silent = list(undocumented(SCHEMA))
    result("every member of the facts is described", ", ".join(silent[:5]) if silent else None)

    whole = run("detect", pathlib.Path("tests/golden/status/well-xcp-ng.json"))
    copies = list(wrong_copies(whole))
    taken = [what for what, wrong in copies if first_error(validator, wrong) is None]
    result(f"{len(copies)} wrong facts are refused", "taken: " + ", ".join(taken) if taken else None)
    return None


if __name__ == "__main__":
    sys.exit(main())

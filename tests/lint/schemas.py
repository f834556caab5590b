"""Each drivers-manifest/X.json is what X.schema.json says, and the schema says something.

Prints "ok ..." and "not ok ..." lines. For each schema some copies of the data with one thing wrong must be refused: a
schema that takes anything is a defect.
"""
import copy
import json
import pathlib
import sys

import jsonschema

FOLDER = pathlib.Path("drivers-manifest")


def result(name, why):
    print(f"not ok schemas: {name}: {why}" if why else f"ok schemas: {name}")


def errors(schema, data):
    for e in sorted(jsonschema.Draft7Validator(schema).iter_errors(data), key=lambda e: list(e.path)):
        yield "/".join(map(str, e.path)) + ": " + e.message[:120]


def objects(value, path=()):
    """The objects below value with their paths, outermost first."""
    if isinstance(value, dict):
        yield path, value
    for key, child in value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else []):
        yield from objects(child, path + (key,))


def at(data, path):
    for key in path:
        data = data[key]
    return data


def wrong_copies(data):
    """One kind of object each: with a field that nobody knows, without its first field, with a number for a text."""
    seen = set()
    for path, value in objects(data):
        kind = tuple(key for key in path if isinstance(key, str))
        if not value or kind in seen:
            continue
        seen.add(kind)
        copied = copy.deepcopy(data)
        at(copied, path)["surplus"] = 1
        yield "a surplus field in " + "/".join(kind), copied
        for key, old in value.items():
            if isinstance(old, str):
                copied = copy.deepcopy(data)
                at(copied, path)[key] = 7
                yield f"a number for {'/'.join(kind)}/{key}", copied
                if key in ("sha256", "sha512", "spki_sha256", "issued", "windows_from", "version_to"):
                    copied = copy.deepcopy(data)
                    at(copied, path)[key] = old[:-1] + "x"
                    yield f"a letter in {'/'.join(kind)}/{key}", copied


def main():
    for path in sorted(FOLDER.glob("*.json")):
        if path.name.endswith(".schema.json"):
            continue
        schema_path = path.with_suffix(".schema.json")
        if not schema_path.exists():
            result(path.name, "it has no schema")
            continue
        schema, data = json.loads(schema_path.read_text()), json.loads(path.read_text())
        jsonschema.Draft7Validator.check_schema(schema)
        result(f"{path.name} is what its schema says", next(errors(schema, data), None))
        copies = list(wrong_copies(data))
        taken = [what for what, wrong in copies if next(errors(schema, wrong), None) is None]
        result(f"{path.name}: {len(copies)} wrong ones are refused", "taken: " + ", ".join(taken) if taken else None)


if __name__ == "__main__":
    sys.exit(main())

"""docs/findings.md says of each finding what installer/status_codes.c says, and of no other.

Prints "ok ..." and "not ok ..." lines. Each row of the table has a section "### `code`" with a line of its severity and
word, a meaning, what it rests on, and the row's cause, remedy, command and source, word by word.
"""
import pathlib
import re
import sys

TABLE = pathlib.Path("installer/status_codes.c")
PAGE = pathlib.Path("docs/findings.md")
WORDS = {
    "STATUS_WORKING": "supported-and-working",
    "STATUS_WORKING_WITH_WARNINGS": "working-with-warnings",
    "STATUS_NEEDS_RESTART": "needs-restart",
    "STATUS_DEGRADED": "degraded",
    "STATUS_BROKEN": "broken",
    "STATUS_NOT_INSTALLED": "not-installed",
    "STATUS_UNSUPPORTED": "unsupported",
    "STATUS_NOT_XEN": "not-xen",
    "STATUS_UNKNOWN": "unknown",
}
SEVERITIES = {"STATUS_ERROR": "error", "STATUS_WARNING": "warning", "STATUS_INFO": "info"}
TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|(\w+)|([,{}])')


def table():
    """The rows as lists of texts and names, NULL as None; neighbouring strings are one."""
    source = TABLE.read_text()
    defines = dict(re.findall(r'#define (\w+) "([^"]*)"', source))
    for match in re.finditer(r"\[(CODE_\w+)\]\s*=\s*\{", source):
        row, field, depth = [], None, 1
        for token in TOKEN.finditer(source, match.end()):
            text, name, mark = token.groups()
            if mark == "}":
                depth -= 1
            if mark in (",", "}"):
                row.append(field)
                field = None
                if not depth:
                    break
            elif text is not None:
                field = (field or "") + text.replace('\\"', '"').replace("\\\\", "\\")
            else:
                field = None if name == "NULL" else defines.get(name, name)
        yield row


def lines_of(row):
    code, severity, word, cause, remedy, command, source = row
    yield f"*{SEVERITIES[severity]}*; at best `{WORDS[word]}`."
    yield f"- Cause: {cause}."
    yield f"- Remedy: {remedy}." if remedy else "- Remedy: none is needed."
    if command:
        yield f"- Command: `{command}`"
    yield f"- Source: {source}."


def sections():
    parts = re.split(r"^### `([a-z0-9-]+)`$", PAGE.read_text(), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def result(name, why):
    print(f"not ok findings: {name}: {why}" if why else f"ok findings: {name}")


def main():
    rows, page = list(table()), sections()
    codes = [row[0] for row in rows]
    result("the table was read", None if len(rows) > 50 else f"{len(rows)} rows")
    result("every code has its section", ", ".join(c for c in codes if c not in page))
    result("every section has its code", ", ".join(c for c in page if c not in codes))
    result("they are in the same order", None if list(page) == [c for c in codes if c in page] else "they are not")
    for row in rows:
        body = re.sub(r"\s+", " ", page.get(row[0], ""))
        missing = [line for line in lines_of(row) if re.sub(r"\s+", " ", line) not in body]
        if missing:
            result(row[0], "it does not say: " + missing[0])
        elif not re.search(r"- Rests on: \S", body) or not re.search(r"\. [A-Z`]", body.split("- Rests on")[0]):
            result(row[0], "it lacks its meaning, or what it rests on")
    result("each section says what its row says", None)


sys.exit(main())

#!/usr/bin/env python3
"""Do our batch files use nothing that Windows 2000's and XP's cmd.exe lacks? lint.py [FILE...]

Without FILE: those of tests/windows and packaging/unattended, and files that are wrong on purpose, each of which has to
be refused. Prints "ok ..." and "not ok ..." lines.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# Commands that cmd.exe of Windows 2000 has in itself, and programs that its System32 has. reg.exe and shutdown.exe came
# with XP, choice, timeout, where, whoami, setx and robocopy with Server 2003 or later.
OWN = set("call cd chdir cls copy del echo endlocal erase exit for goto if md mkdir move path popd pushd rd rem ren rename "
          "rmdir set setlocal shift start title type ver verify vol".split())
PROGRAMS = set("attrib cacls find findstr more net sort xcopy".split())
# Ours, by a variable or beside the script.
OURS = re.compile(r'^"?(%program%"?|%~dp0[\w.]+"?|%bundle%\\%bits%\\xenpv\.exe)')
# Variables that came later than XP's.
LATE = ("%__appdir__%", "%highestnumanodenumber%", "%public%", "%localappdata%", "%programdata%", "%programw6432%")


def commands_of(line):
    """The commands of a line, each from its first word on, without what is quoted or redirected."""
    rest = re.sub(r"^@", "", line.strip())
    while rest:
        rest = re.sub(r"^(\s*[0-9]?[<>]{1,2}(&[0-9])?\s*(\"[^\"]*\"|[^\s&|]+))+\s*", "", rest)
        if found := re.match(r"if\s+(/i\s+)?(not\s+)?(/i\s+)?(exist\s+(\"[^\"]*\"|\S+)|defined\s+\S+|errorlevel\s+\S+|"
                             r"(\"[^\"]*\"|[^\s=]+)==(\"[^\"]*\"|\S+))\s+", rest, re.I):
            yield "if"
            rest = rest[found.end():]
        elif found := re.match(r"for\s+(/[dlr]\s+|/f\s+(\"[^\"]*\"\s+)?)?%%\w\s+in\s+\([^)]*\)\s+do\s+", rest, re.I):
            yield "for"
            rest = rest[found.end():]
        else:
            quoted = re.match(r'"[^"]*"\S*|[^\s&|]+', rest)
            word = quoted[0] if quoted else rest
            yield word
            if word.lower() in ("rem", "echo", "echo.", "set"):
                return
            later = re.split(r"[&|]+", re.sub(r'"[^"]*"', lambda m: "q" * len(m[0]), rest))
            if len(later) == 1:
                return
            rest = rest[len(later[0]):].lstrip("&| ")


def faults(data):
    text = data.decode("ascii", "replace")
    if "�" in text:
        yield "a character that is not ASCII, which a code page may show as another"
    if "\n" in text.replace("\r\n", ""):
        yield "a line that does not end in CR LF: goto then misses labels"
    lines = text.replace("\r\n", "\n").split("\n")
    labels = {found[1].lower() for line in lines if (found := re.match(r"\s*:(\w+)", line))}
    for number, line in enumerate(lines, 1):
        code = line.strip()
        if not code or code.startswith(":") or re.match(r"@?rem\b", code, re.I):
            continue
        low = code.lower()
        for word in commands_of(code):
            name = re.sub(r"\.exe$", "", word.strip('"').lower()).rstrip(".")
            if not (OURS.match(word) or name in OWN or name in PROGRAMS):
                yield f"line {number}: '{word}' is not in Windows 2000 and XP"
        for found in re.finditer(r"\b(goto|call)\s+:?(\w+)", low):
            if (found[1] == "goto" or ":" in found[0]) and found[2] not in labels | {"eof"}:
                yield f"line {number}: there is no label '{found[2]}'"
        if "delayedexpansion" in low or re.search(r"![a-z]\w*!", low):
            yield f"line {number}: delayed expansion"
        if any(name in low for name in LATE):
            yield f"line {number}: a variable that XP lacks"
        if re.search(r"(?<![\s\"])[0-9]>>?\s", code) and not re.search(r"\s2>>?\s", code):
            yield f"line {number}: a digit before > is a handle, not text"
        if code.endswith("(") or code.startswith(")"):
            yield f"line {number}: a block, whose variables are replaced before it runs"


# What is wrong, and a word of what has to be said of it.
WRONG = {
    "a program that came later": (b"@echo off\r\nwhere cmd\r\n", "'where'"),
    "one behind if": (b"if not exist x choice /m y\r\n", "'choice'"),
    "one behind &": (b"cd \\ & timeout 5\r\n", "'timeout'"),
    "one in a loop": (b"for %%a in (1 2) do whoami\r\n", "'whoami'"),
    "one whose output goes to a file": (b'> "a b" reg query HKLM\r\n', "'reg'"),
    "PowerShell": (b'"powershell" -c exit\r\n', "powershell"),
    "delayed expansion": (b"setlocal enabledelayedexpansion\r\n", "delayed expansion"),
    "a label that is not there": (b"goto nowhere\r\n", "'nowhere'"),
    "a call of a label that is not there": (b"call :nowhere\r\n", "'nowhere'"),
    "lines of Unix": (b"@echo off\n", "CR LF"),
    "a letter with an accent": ("echo \u00e9\r\n".encode(), "ASCII"),
    "a handle where a number was meant": (b"echo code=%x%1>> f\r\n", "handle"),
    "a block": (b"if exist x (\r\n", "block"),
    "a variable of Vista": (b"echo %ProgramData%\r\n", "XP lacks"),
}


def main(names):
    files = [pathlib.Path(name) for name in names] or sorted(
        [*ROOT.glob("tests/windows/*.cmd"), *ROOT.glob("packaging/unattended/*.cmd")])
    for path in files:
        why = list(faults(path.read_bytes()))
        name = f"batch files: {path.name} runs on Windows 2000 and XP, as far as its text shows"
        print(f"not ok {name}: {'; '.join(why[:4])}" if why else f"ok {name}")
    if not names:
        for name, (data, word) in WRONG.items():
            said = "; ".join(faults(data))
            name = f"batch files: refused: {name}"
            print(f"ok {name}" if word in said else f"not ok {name}: {said or 'it was taken'}")


main(sys.argv[1:])

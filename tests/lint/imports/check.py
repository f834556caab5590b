#!/usr/bin/env python3
"""Does each Windows from the program's oldest on have all that it imports? check.py [--sources DIR] PROGRAM.exe...

Prints "ok NAME" or "not ok NAME: WHY" for each property of each program. The tables beside this file, since.tsv and
lists.tsv, say which Windows has a function first; what neither tells of is refused. The whole import table is looked
at, so that the C run-time's start and the static libraries count; a refused import is told with the object files that
pull it in, by the linker's map beside the program (deps/link.sh).

With --sources, the names that the sources in DIR bind at run time are looked at too: each is one that some Windows has,
and none is imported as well, since the program would then not even start where it is missing.
"""
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
ORDER = "2000 2000sp4 xp 2003 2003sp1 vista 7 8 8.1 10".split()
TITLES = {"2000": "Windows 2000", "2000sp4": "Windows 2000 SP4", "xp": "Windows XP", "2003": "Windows Server 2003",
          "2003sp1": "Windows XP x64 and Server 2003 SP1", "vista": "Windows Vista", "7": "Windows 7",
          "8": "Windows 8", "8.1": "Windows 8.1", "10": "Windows 10"}
# The oldest Windows of each program, the version that the header says, and the Windows that it is judged for.
PROGRAMS = {"i686": ("2000sp4", "5.0", ("2000sp4", "xp", "2003sp1", "vista", "7")),
            "x86_64": ("2003sp1", "5.2", ("2003sp1", "vista", "7"))}
# Windows' own DLLs that each of these has; all others are bound at run time.
DLLS = set("advapi32.dll kernel32.dll msvcrt.dll setupapi.dll shell32.dll user32.dll ws2_32.dll".split())


def result(name, why):
    print(f"not ok {name}: {why}" if why else f"ok {name}")
    return not why


def rows(name):
    for line in (HERE / name).read_text().splitlines():
        if not line.startswith("#"):
            yield line.split("\t")


class Tables:
    """What is known of the exports of each Windows. A function is named (dll, name), the DLL in lower case."""

    def __init__(self):
        self.first = {"i686": {}, "x86_64": {}}
        self.declared = {}
        for dll, name, i686, x86_64 in rows("lists.tsv"):
            if dll == "*":
                self.declared[name] = i686
                continue
            for arch, first in (("i686", i686), ("x86_64", x86_64)):
                if first != "-":
                    self.first[arch][dll, name] = first
        for dll, name, first, _ in rows("since.tsv"):
            for known in self.first.values():
                known[dll, name] = first

    def exists(self, function):
        return any(function in known for known in self.first.values())

    def why_not(self, arch, function, windows):
        """Why this Windows has no such function, as far as is known; "" when it has it."""
        dll, name = function
        first = self.first[arch].get(function, self.declared.get(name, "unknown"))
        if first != "unknown":
            return "" if ORDER.index(first) <= ORDER.index(windows) else f"{dll} has {name} from {TITLES[first]} on"
        if dll == "msvcrt.dll":
            return f"no Windows' {dll} has {name}"
        return f"no source here tells which Windows' {dll} has {name} first: look it up for since.tsv"


def objdump(program):
    return subprocess.run(["x86_64-w64-mingw32-objdump", "-p", program], capture_output=True, text=True).stdout


def field(dump, name):
    found = re.search(rf"^{name}\s+(.*)$", dump, re.M)
    return found[1].strip() if found else "nothing"


def imports_of(dump):
    """The functions that the import table names, and whether each entry of it had a name."""
    functions, dll, entries = [], None, 0
    for line in dump.splitlines():
        if found := re.match(r"\s*DLL Name: (\S+)", line):
            dll = found[1].lower()
        elif dll and (found := re.match(r"\t[0-9a-f]+\t\s*\d+\s+(\S+)", line)):
            entries += 1
            if found[1] != "<none>":
                functions.append((dll, found[1]))
        elif dll and not line.strip():
            dll = None
    return functions, entries == len(functions)


def undefined_of(program):
    """(object file or library member, symbol) of what the linker took into the program and what it asks for."""
    map_file = pathlib.Path(program).with_suffix(".map")
    if not map_file.exists():
        return
    text = map_file.read_text(errors="replace")
    members = set(re.findall(r"^(\S+\(\S+\))\s", text.split("\nMemory Configuration")[0], re.M))
    loaded = dict.fromkeys(re.findall(r"^LOAD (\S+)$", text, re.M))
    listing = subprocess.run(["x86_64-w64-mingw32-nm", "-A", "--undefined-only", *loaded], capture_output=True,
                             text=True).stdout
    for line in listing.splitlines():
        # "LIBRARY:MEMBER: U SYMBOL", or "OBJECT: U SYMBOL".
        where, _, symbol = line.rpartition(" ")
        file, _, member = where.rpartition(":")[0].partition(":")
        if not member:
            yield file.rsplit("/", 1)[-1], symbol
        elif f"{file}({member})" in members:
            yield f"{file.rsplit('/', 1)[-1]}({member})", symbol


def pullers(undefined, name):
    """The object files and library members that ask for an import."""
    wanted = re.compile(rf"(?:__imp_|_imp_)?_*{re.escape(name)}(?:@\d+)?")
    return list(dict.fromkeys(where for where, symbol in undefined if wanted.fullmatch(symbol)))


def told(undefined, refusals):
    """Refused imports as one line, each with who pulls it in."""
    parts = []
    for (_, name), why in refusals[:5]:
        by = pullers(undefined, name)
        parts.append(f"{why}; pulled in by {', '.join(by[:4]) or 'nobody that the map tells of'}"
                     f"{f' and {len(by) - 4} more' if len(by) > 4 else ''}")
    return " | ".join(parts) + (f" | and {len(refusals) - 5} more" if len(refusals) > 5 else "")


def check_program(tables, program):
    """Its properties; what it imports."""
    path = pathlib.Path(program)
    arch = path.parent.name
    name = f"{arch}/{path.name}"
    if not path.is_file() or arch not in PROGRAMS:
        result(f"{name} exists", f"there is no '{program}', or its folder is neither of {' '.join(PROGRAMS)}")
        return set()
    _, version, judged = PROGRAMS[arch]
    dump = objdump(program)
    functions, named = imports_of(dump)
    foreign = sorted({dll for dll, _ in functions} - DLLS)
    result(f"{name} imports only Windows' own DLLs",
           "no import table could be read" if not functions else " ".join(foreign))
    result(f"{name} imports by name", "" if named else "an ordinal may be another function in another Windows")
    delayed = re.search(r"^Entry d (\S+) (\S+) Delay Import", dump, re.M)
    result(f"{name} delays no import", "" if delayed and not int(delayed[2], 16) else "it has a table of them")
    stamp = field(dump, "Time/Date")
    result(f"{name} has no link time", "" if re.match("Thu Jan +1 00:00:00 1970", stamp) else f"it says {stamp}")
    said = [field(dump, f"Major{of}Version") + "." + field(dump, f"Minor{of}Version")
            for of in ("Subsystem", "OSystem")]
    result(f"{name} is for Windows {version}",
           "" if said == [version, version] else f"subsystem {said[0]}, system {said[1]}")
    refused = {windows: [(f, why) for f in functions if (why := tables.why_not(arch, f, windows))]
               for windows in judged}
    undefined = list(undefined_of(program)) if any(refused.values()) else []
    for windows, refusals in refused.items():
        result(f"{name} loads on {TITLES[windows]}", told(undefined, refusals) or ("" if functions else "no imports"))
    return set(functions)


# ---- run-time binding ----------------------------------------------------------------------------------------------


def bound_in(text):
    """(dll, name) of each win_bind of a source file, and the calls that cannot be read."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S).replace("\\\n", " ")
    words = dict(re.findall(r'static const wchar_t (\w+)\[\] = L"([^"]+)"', text))
    macros = {found[1]: found[2] for found in re.finditer(
        r'#define (\w+)\(to, name\)[^\n]*win_bind\(L"([^"]+)", name\)', text)}
    text = re.sub(r"^[ \t]*#define.*$", "", text, flags=re.M)
    bound, unread = set(), []
    for found in re.finditer(r"\bwin_bind\(([^()]*)\)", text):
        if found[1].startswith("const wchar_t *"):  # its own definition and declaration
            continue
        read = re.fullmatch(r'\s*(?:L"([^"]+)"|(\w+))\s*,\s*"(\w+)"\s*', found[1])
        dll = read and (read[1] or words.get(read[2]))
        if dll:
            bound.add((dll.lower(), read[3]))
        else:
            unread.append(found[0])
    for macro, dll in macros.items():
        for found in re.finditer(rf'\b{macro}\(([^()]*)\)', text):
            read = re.fullmatch(r'[^,]+,\s*"(\w+)"\s*', found[1])
            if read:
                bound.add((dll.lower(), read[1]))
            else:
                unread.append(found[0])
    return bound, unread


def check_sources(tables, folder, imported):
    bound, unread, others = set(), [], []
    for path in sorted(pathlib.Path(folder).glob("*/*.c")):
        text = path.read_text()
        have, not_read = bound_in(text)
        bound |= have
        unread += [f"{path.name}: {call}" for call in not_read]
        if "GetProcAddress" in text and path.name != "win.windows.c":
            others.append(path.name)
    result("each win_bind names a DLL and a function that can be read", " | ".join(unread) or ("" if bound else "there is none"))
    result("only win.windows.c calls GetProcAddress", " ".join(others))
    result(f"each of the {len(bound)} functions bound at run time is one of Windows",
           " | ".join(f"no table has {name} of {dll}" for dll, name in sorted(bound) if not tables.exists((dll, name))))
    result("no function bound at run time is imported too",
           " | ".join(f"{name} of {dll}" for dll, name in sorted(bound & imported)))


def main(arguments):
    sources = None
    if arguments[:1] == ["--sources"]:
        sources, arguments = arguments[1], arguments[2:]
    tables = Tables()
    imported = set()
    for program in arguments:
        imported |= check_program(tables, program)
    if sources:
        check_sources(tables, sources, imported)


main(sys.argv[1:])

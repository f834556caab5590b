#!/usr/bin/env python3
"""Writes lists.tsv anew: lists.py MSVCRT.DEF.IN [VERSION] > lists.tsv

Two sources, both of the mingw-w64 project (public domain), neither copied: names, and the Windows that has each first.

- MSVCRT.DEF.IN is mingw-w64-crt/lib-common/msvcrt.def.in of its source, of VERSION 12.0.0 or later, whose comments say
  which Windows each group of names came with. Names and groups only, for i386 and x86_64.
- The headers of Debian's mingw-w64-common, as installed, preprocessed for each Windows: what they declare only from one
  Windows on. They hide too little rather than too much, so this only ever says that a function is newer.
"""
import hashlib
import pathlib
import re
import subprocess
import sys

COLUMNS = "dll function i686 x86_64".split()
# What the def file's comments say, and ours for it. A later heading ends the one before.
GROUPS = (
    ("Microsoft Visual C++ 4.2 version", "2000"),
    ("Visual C++ 5.0 SP1 and", "2000"),
    ("Visual C++ 6.0 and", "2000"),
    ("added in Windows ME and Windows 2000", "2000"),
    ("added in Windows 2000 SP4", "2000sp4"),
    ("added in Windows XP OS", "xp"),
    ("added in Windows Server 2003 OS", "2003"),
    ("added in Windows Server 2003 SP1 and", "2003sp1"),
    ("added in Windows Vista OS", "vista"),
    ("added in Windows 8 OS", "8"),
    ("added in Windows 8.1 OS", "8.1"),
)
# The def file notes of it that XP before SP3 does not have it again.
NOT_KEPT = {"_get_heap_handle"}
HEADERS = """winsock2 ws2tcpip windows setupapi cfgmgr32 newdev wincrypt wintrust mscat softpub msi winhttp winevt
    iphlpapi netioapi psapi tlhelp32 shellapi shlobj shlwapi bcrypt dbghelp virtdisk""".split()
WINDOWS = (("0x0500", "2000"), ("0x0501", "xp"), ("0x0502", "2003"), ("0x0600", "vista"), ("0x0601", "7"),
           ("0x0602", "8"), ("0x0603", "8.1"), ("0x0a00", "10"))


def preprocessed(arguments, text=None):
    return subprocess.run(["i686-w64-mingw32-gcc", "-E", "-P", "-w", "-x", "c", *arguments],
                          input=text, capture_output=True, text=True, check=True).stdout


def groups_of(def_file, machine):
    """Name -> the Windows that has it first, for one machine."""
    found, first = {}, None
    for line in preprocessed(["-traditional-cpp", f"-D{machine}", f"-I{def_file.parent}",
                              f"-I{def_file.parent.parent / 'def-include'}", str(def_file)]).splitlines():
        line = line.strip()
        if line.startswith(";"):
            first = next((ours for theirs, ours in GROUPS if theirs in line), first)
            if "end of the list" in line and "Windows OS" in line:
                first = None
            continue
        name = re.match(r"[A-Za-z_$][\w$]*", line)  # C only: what C++ has, begins with ?
        if name and first and " == " not in line:
            plain = name[0]
            found.setdefault(plain, "unknown" if plain in NOT_KEPT else first)
    return found


def declared_from():
    """Name -> the Windows from which on the headers declare it, for what they do not declare for Windows 2000."""
    includes = "".join(f"#include <{name}.h>\n" for name in HEADERS)
    seen, newer = set(), {}
    for version, windows in WINDOWS:
        text = preprocessed([f"-D_WIN32_WINNT={version}", f"-DWINVER={version}", "-"], includes)
        names = set(re.findall(r"\b([A-Za-z_]\w+) *\(", text)) - set("BOOL if return sizeof while".split())
        if windows != "2000":
            newer.update((name, windows) for name in names - seen)
        seen |= names
    return newer


def main():
    def_file = pathlib.Path(sys.argv[1])
    version = sys.argv[2] if len(sys.argv) > 2 else "12.0.0"
    i686, x64 = groups_of(def_file, "DEF_I386"), groups_of(def_file, "DEF_X64")
    headers = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "mingw-w64-common"], capture_output=True,
                             text=True, check=True).stdout
    print(f"""# Which Windows has a function first. Made by lists.py, not by hand; see there what the sources can say.
# msvcrt.dll: all that C can call, by mingw-w64 {version}, mingw-w64-crt/lib-common/msvcrt.def.in
#   (SHA-256 {hashlib.sha256(def_file.read_bytes()).hexdigest()}).
#   2003sp1 of x86_64 is the first that there is, with XP x64.
# *: what the headers of Debian's mingw-w64-common {headers} declare from this Windows on, whichever DLL has it. It is
#   newer than the Windows before; nothing is said of what is not listed.
# Windows: 2000 2000sp4 xp 2003 2003sp1 vista 7 8 8.1 10; - is not there, unknown is not told.
# {chr(9).join(COLUMNS)}""")
    first_x64 = {"2000": "2003sp1", "2000sp4": "2003sp1", "xp": "2003sp1", "2003": "2003sp1"}
    for name in sorted(i686.keys() | x64.keys()):
        print("msvcrt.dll", name, i686.get(name, "-"), first_x64.get(x64.get(name), x64.get(name, "-")), sep="\t")
    for name, windows in sorted(declared_from().items()):
        print("*", name, windows, windows, sep="\t")


main()

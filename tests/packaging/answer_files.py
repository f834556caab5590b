#!/usr/bin/env python3
"""The answer files for Windows Setup against what Microsoft documents: answer_files.py PARSES > "ok ..." lines

Sources, all "Unattended Windows Setup Reference" unless said otherwise: the components and the passes in which each
setting is valid; RunSynchronousCommand/Path: at most 259 characters; SynchronousCommand/CommandLine: at most 1024;
WillReboot: Always, OnRequest or Never. Cmdlines.txt: "Configuring Cmdlines.txt to Perform Tasks". The token and the
language are those of every component of Windows itself.
"""
import configparser
import re
import subprocess
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent.parent / "packaging" / "unattended"
NAMESPACE = "{urn:schemas-microsoft-com:unattend}"
WCM = "{http://schemas.microsoft.com/WMIConfig/2002/State}"

# (component, path of a setting below it): the passes in which it is valid, and the most characters that it takes.
SETTINGS = {
    ("Microsoft-Windows-Setup", "UseConfigurationSet"): ({"windowsPE"}, 5),
    ("Microsoft-Windows-Deployment", "RunSynchronous/RunSynchronousCommand/Order"): ({"auditUser", "specialize"}, 3),
    ("Microsoft-Windows-Deployment", "RunSynchronous/RunSynchronousCommand/Description"):
        ({"auditUser", "specialize"}, 256),
    ("Microsoft-Windows-Deployment", "RunSynchronous/RunSynchronousCommand/Path"): ({"auditUser", "specialize"}, 259),
    ("Microsoft-Windows-Deployment", "RunSynchronous/RunSynchronousCommand/WillReboot"):
        ({"auditUser", "specialize"}, 9),
    ("Microsoft-Windows-Shell-Setup", "FirstLogonCommands/SynchronousCommand/Order"): ({"oobeSystem"}, 3),
    ("Microsoft-Windows-Shell-Setup", "FirstLogonCommands/SynchronousCommand/Description"): ({"oobeSystem"}, 256),
    ("Microsoft-Windows-Shell-Setup", "FirstLogonCommands/SynchronousCommand/CommandLine"): ({"oobeSystem"}, 1024),
}
PLACES = {"x86": "x86", "amd64": "x64"}  # a component's processor: the folder of our program


def expect(name, wanted, got):
    print(f"ok answer files: {name}" if wanted == got else f"not ok answer files: {name}: expected {wanted!r}, got {got!r}")


def leaves(node, path=""):
    """(path, element) of every setting below node."""
    for child in node:
        below = f"{path}/{child.tag.replace(NAMESPACE, '')}".lstrip("/")
        if len(child):
            yield from leaves(child, below)
        else:
            yield below, child


def check_xml(name, passes):
    root = xml.parse(FOLDER / name).getroot()
    wrong, seen, per_processor = [], [], {}
    if root.tag != NAMESPACE + "unattend":
        wrong.append(f"the root is {root.tag}")
    for settings in root:
        where = settings.get("pass")
        seen.append(where)
        for component in settings:
            what, processor = component.get("name"), component.get("processorArchitecture")
            if [component.get(a) for a in ("publicKeyToken", "language", "versionScope")] != \
                    ["31bf3856ad364e35", "neutral", "nonSxS"]:
                wrong.append(f"{what} for {processor} is not one of Windows itself")
            for path, leaf in leaves(component):
                text = leaf.text.strip()
                valid, most = SETTINGS.get((what, path), (set(), 0))
                if where not in valid:
                    wrong.append(f"{what}/{path} is not valid in {where}")
                if len(text) > most:
                    wrong.append(f"{what}/{path} has {len(text)} characters of {most}")
                if path.endswith("WillReboot") and text not in ("Always", "OnRequest", "Never"):
                    wrong.append(f"WillReboot is {text}")
                other = set(PLACES.values()) - {PLACES[processor]}
                if f"\\{other.pop()}\\" in text:
                    wrong.append(f"{what}/{path} for {processor} runs the other program")
                per_processor.setdefault(processor, []).append(
                    (where, path, text.replace(f"\\{PLACES[processor]}\\", "\\PLACE\\")))
            for command in component.iter():
                if command.tag.endswith("Command") and command.get(WCM + "action") != "add":
                    wrong.append(f"{command.tag} has no wcm:action")
    expect(f"{name}: settings, passes and lengths are what Microsoft documents", [], wrong)
    expect(f"{name}: its passes", passes, seen)
    expect(f"{name}: for both processors", sorted(PLACES), sorted(per_processor))
    expect(f"{name}: and the same for both", per_processor.get("x86"), per_processor.get("amd64"))


def parsed(parses, line):
    words = re.search(r"xenpv\.exe\"? +(install[^&|>]*)", line)[1].replace("%*", "").split()
    return subprocess.run([parses, *words], capture_output=True, text=True, check=True).stdout.split()


def check_restarts(parses):
    """Who may restart Windows: the first logon, and nobody else."""
    for name in ("autounattend.xml", "unattend.xml"):
        logon = [e.text for e in xml.parse(FOLDER / name).getroot().iter(NAMESPACE + "CommandLine")]
        for line in logon:
            expect(f"{name}: the first logon asks nobody and restarts what needs it",
                   ["install", "quiet", "may-restart", "log", "trust-publisher"], parsed(parses, line))
    line = next(x for x in (FOLDER / "xenpv.cmd").read_text().splitlines() if "xenpv.exe install" in x)
    expect("xenpv.cmd: asks nobody and restarts nothing", ["install", "quiet", "log", "trust-publisher"],
           parsed(parses, line))
    calls = [x for x in (FOLDER / "SetupComplete.cmd").read_text().splitlines()
             if x and not x.startswith(("rem", "@echo off"))]
    expect("SetupComplete.cmd: hands over to it, with no option", ['"%~dp0xenpv.cmd"'], calls)


def check_nt5():
    sif = configparser.RawConfigParser(comment_prefixes=(";",))
    sif.optionxform = str
    sif.read(FOLDER / "winnt.sif")
    expect("winnt.sif: $OEM$ is used", "Yes", sif["Unattended"]["OemPreinstall"])
    expect("winnt.sif: drivers of publishers are not asked about", "Ignore", sif["Unattended"]["DriverSigningPolicy"])
    expect("winnt.sif: the first logon may restart", '"%SystemDrive%\\xenpv\\xenpv.cmd --restart-if-needed"',
           sif["GuiRunOnce"]["Command0"])
    lines = [x for x in (FOLDER / "cmdlines.txt").read_text().splitlines() if x and not x.startswith(";")]
    expect("cmdlines.txt: begins with its section", "[Commands]", lines[0])
    expect("cmdlines.txt: quotes around each command, none inside", [],
           [x for x in lines[1:] if not re.fullmatch(r'"[^"]+"', x)])
    expect("cmdlines.txt: runs what is beside it, and restarts nothing", ['"cmd.exe /c xenpv.cmd"'], lines[1:])
    for name in ("xenpv.cmd", "SetupComplete.cmd", "winnt.sif", "cmdlines.txt"):
        data = (FOLDER / name).read_bytes()
        expect(f"{name}: ASCII, and every line ends as DOS has it", (True, data.count(b"\n")),
               (data.isascii(), data.count(b"\r\n")))


def check_search():
    """Each looks for the mark of a bundle on every letter that a CD may have."""
    mark = re.search(r'BUNDLE_MARK "([^"]+)"', (FOLDER.parents[1] / "installer" / "bundle.h").read_text())[1]
    letters = " ".join(chr(c) for c in range(ord("C"), ord("Z") + 1))
    for name in ("autounattend.xml", "unattend.xml", "xenpv.cmd"):
        loops = re.findall(r"for %+d in \(([^)]*)\)(.*)", (FOLDER / name).read_text())
        expect(f"{name}: looks for {mark} on C: to Z:", [],
               [loop for loop in loops if loop[0] != letters or f"d:\\{mark}" not in loop[1]] or ([] if loops else "no loop"))


check_xml("autounattend.xml", ["windowsPE", "specialize", "oobeSystem"])
check_xml("unattend.xml", ["specialize", "oobeSystem"])
check_restarts(sys.argv[1])
check_nt5()
check_search()

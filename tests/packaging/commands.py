#!/usr/bin/env python3
"""Every command line of xenpv in packaging/, as the real parser takes it: commands.py PARSES XENPV > "ok ..." lines

PARSES is build/native/tests/parses, XENPV build/native/xenpv, whose --help names the commands. Comments are not looked
at; a file that must have command lines and yields none is a failure.
"""
import re
import subprocess
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent / "packaging"
# Of these files, by their endings; the others have prose only, or are carried out by a test of their own (ansible.sh).
COMMENT = {".cmd": r"^\s*@?rem\b|^\s*::", ".sif": r"^\s*;", ".ps1": r"^\s*#", ".hcl": r"^(?!\s*inline)"}
READ = {".xml", ".md", *COMMENT}
# How many each file has at least.
LEAST = {"unattended/autounattend.xml": 2, "unattended/unattend.xml": 2, "unattended/xenpv.cmd": 1, "README.md": 3,
         "packer/xenpv.pkr.hcl": 2, "chocolatey/tools/chocolateyinstall.ps1": 1,
         "chocolatey/tools/chocolateyuninstall.ps1": 1}


def lines_of(path, text):
    """The lines that are commands; a line that ends in a continuation mark has the next one appended."""
    if path.suffix == ".xml":
        for node in xml.fromstring(text).iter():
            if node.tag.rsplit("}", 1)[-1] in ("Path", "CommandLine"):
                yield node.text
        return
    text = re.sub(r"[\\^`]\r?\n\s*", "", text)
    fenced = False
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        if path.suffix == ".md" and not fenced and not line.startswith("    "):
            continue
        # Packer has the program in a variable, the scripts of Chocolatey have the words without it.
        line = line.replace("${var.program}", "xenpv.exe")
        if path.suffix == ".hcl":
            line = line.replace('["', "").replace('"]', "")
        if path.suffix == ".ps1":
            line = re.sub(r"'(?=(?:install|remove) )", "'xenpv ", line).replace("'", " & ")
        if path.suffix in COMMENT and re.search(COMMENT[path.suffix], line, re.I):
            continue
        yield line


def commands_in(line, names):
    """What follows xenpv or xenpv.exe up to where the shell's next command begins."""
    for match in re.finditer(r"\bxenpv(?:\.exe)?[\"']? +((?:%s)\b[^&|>)]*)" % "|".join(names), line):
        words = match[1].replace("%*", "").replace('\\"', '"')
        yield [word.strip('"') for word in re.findall(r'"[^"]*"|[^\s",]+', words)]


def main():
    parses, program = sys.argv[1:]
    help_page = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    names = re.findall(r"^  ([a-z]+) ", help_page, re.M)
    refused = subprocess.run([parses, "install", "--quit"], capture_output=True, text=True)
    print("ok commands: the parser refuses what is no option" if refused.returncode == 2
          else "not ok commands: the parser takes '--quit'")
    for path in sorted(p for p in ROOT.rglob("*") if p.suffix in READ):
        name = str(path.relative_to(ROOT))
        count = 0
        for line in lines_of(path, path.read_text(encoding="utf-8")):
            for words in commands_in(line, names):
                count += 1
                run = subprocess.run([parses, *words], capture_output=True, text=True)
                print(f"ok commands: {name}: {' '.join(words)}" if run.returncode == 0
                      else f"not ok commands: {name}: {' '.join(words)}: {run.stderr.strip()}")
        if count < LEAST.get(name, 0):
            print(f"not ok commands: {name}: {count} command lines were found, at least {LEAST[name]} should be there")
    for name in LEAST:
        if not (ROOT / name).exists():
            print(f"not ok commands: {name} is not there")


main()

"""The software bill of materials as SPDX 2.3 JSON: sbom.py VERSION SECONDS MAP... -- FILE...

Which libraries there are is read from the linker's maps, not from a list: an archive that libraries.tsv does not know is
an error. Versions and checksums are those of deps/sources.lock, or of the installed Debian package. FILEs are what is
handed on; SECONDS is the date. The same input gives the same bytes.
"""
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import time
import urllib.parse
import uuid

HERE = pathlib.Path(__file__).resolve().parent
LOCK = HERE.parent.parent / "deps" / "sources.lock"
# Import libraries: they bring names of Windows' own functions, no code. "libmsvcrt" has a few shims of mingw-w64's.
WINDOWS = {"libkernel32.a", "libadvapi32.a", "libws2_32.a", "libsetupapi.a", "libuser32.a", "libshell32.a", "libmsvcrt.a",
           "libgcc_eh.a", "libmoldname.a"}
OURS = {"libxenpv.a"}


def known_archives():
    rows = [line.split("\t") for line in (HERE / "libraries.tsv").read_text().splitlines() if not line.startswith("#")]
    return {row[0]: row[1:] for row in rows}


def linked(maps):
    """The archives that the linker took something from."""
    found = set()
    for path in maps:
        text = pathlib.Path(path).read_text(errors="replace")
        found.update(re.findall(r"([^/\s]+\.a)\([^)\s]+\)", text.split("Linker script and memory map")[1]))
    return found - WINDOWS - OURS


def locked():
    """SOURCE -> (Debian version, [(file, sha256)])."""
    sources, name = {}, None
    for line in LOCK.read_text().splitlines():
        words = line.split()
        if len(words) == 3 and words[0] == "source":
            name = words[1]
            sources[name] = (words[2], [])
        elif len(words) == 2 and name and not line.startswith("#"):
            sources[name][1].append((words[1], words[0]))
    return sources


def installed_version(package):
    return subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], check=True, capture_output=True, text=True).stdout


def package_of(name, licence, text, sources):
    package = {"SPDXID": "SPDXRef-library-" + name, "name": name, "filesAnalyzed": False, "licenseConcluded": "NOASSERTION",
               "licenseDeclared": licence, "copyrightText": "NOASSERTION", "downloadLocation": "NOASSERTION",
               "comment": f"Its licence is in LIBRARIES.txt, from {text}."}
    if name in sources:
        version, files = sources[name]
        upstream = [f for f in files if re.search(r"\.orig\.tar\.\w+$", f[0])]
        package["packageFileName"] = upstream[0][0]
        package["checksums"] = [{"algorithm": "SHA256", "checksumValue": upstream[0][1]}]
        package["sourceInfo"] = "Debian source package: " + ", ".join(f"{f} {s}" for f, s in files)
    else:
        version = installed_version(name)
        package["sourceInfo"] = "ready-made in the Debian package of this name"
    package["versionInfo"] = version
    package["externalRefs"] = [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                                "referenceLocator": f"pkg:deb/debian/{name}@{urllib.parse.quote(version)}"
                                + ("?arch=source" if name in sources else "")}]
    return package


def file_of(path):
    content = pathlib.Path(path).read_bytes()
    name = pathlib.Path(path).name
    return {"SPDXID": "SPDXRef-file-" + re.sub(r"[^A-Za-z0-9.-]", "-", name), "fileName": "./" + name,
            "checksums": [{"algorithm": a, "checksumValue": hashlib.new(a.lower(), content).hexdigest()}
                          for a in ("SHA1", "SHA256")],
            "licenseConcluded": "NOASSERTION", "licenseInfoInFiles": ["NOASSERTION"], "copyrightText": "NOASSERTION"}


def main(version, seconds, *rest):
    cut = rest.index("--")
    archives, known, sources = linked(rest[:cut]), known_archives(), locked()
    if not archives or archives - known.keys():
        sys.exit(f"sbom: libraries.tsv does not know {sorted(archives - known.keys()) or 'what is linked: the maps are empty'}")
    names = sorted({tuple(known[a]) for a in archives})
    libraries = [package_of(*row, sources) for row in names]
    files = [file_of(p) for p in sorted(rest[cut + 1:])]
    own = {"SPDXID": "SPDXRef-xenpv", "name": "xenpv", "versionInfo": version, "filesAnalyzed": False,
           "downloadLocation": "NOASSERTION", "licenseConcluded": "MIT", "licenseDeclared": "MIT",
           "copyrightText": "Copyright (c) 2026 the xenpv authors", "primaryPackagePurpose": "APPLICATION"}
    relationships = [("SPDXRef-DOCUMENT", "DESCRIBES", own["SPDXID"])]
    relationships += [(own["SPDXID"], "STATIC_LINK", p["SPDXID"]) for p in libraries]
    relationships += [(own["SPDXID"], "CONTAINS", f["SPDXID"]) for f in files]
    document = {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"xenpv-{version}",
        "creationInfo": {"created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(seconds))),
                         "creators": ["Tool: xenpv-sbom"]},
        "hasExtractedLicensingInfos": [{
            "licenseId": "LicenseRef-xz-public-domain", "name": "liblzma: in the public domain",
            "extractedText": "liblzma is in the public domain."}],
        "packages": [own] + libraries, "files": files,
        "relationships": [{"spdxElementId": a, "relationshipType": r, "relatedSpdxElement": b} for a, r, b in relationships]}
    text = json.dumps(document, sort_keys=True)
    document["documentNamespace"] = "urn:uuid:" + str(uuid.uuid5(uuid.NAMESPACE_OID, text))
    print(json.dumps(document, indent=1))


main(*sys.argv[1:])

"""Is the bill of materials SPDX 2.3, and true? sbom.py SBOM.json FOLDER: prints "ok ..." and "not ok ..." lines.

FOLDER has the files that it tells of. What the specification asks for (https://spdx.github.io/spdx-spec/v2.3/) of the
fields that are used is checked here: there is no other checker in Debian.
"""
import hashlib
import json
import pathlib
import re
import sys

REQUIRED = {
    "document": {"spdxVersion", "dataLicense", "SPDXID", "name", "documentNamespace", "creationInfo", "packages", "files",
                 "relationships", "hasExtractedLicensingInfos"},
    "package": {"SPDXID", "name", "downloadLocation", "filesAnalyzed", "licenseConcluded", "licenseDeclared", "copyrightText",
                "versionInfo"},
    "file": {"SPDXID", "fileName", "checksums", "licenseConcluded", "licenseInfoInFiles", "copyrightText"},
}
OPTIONAL = {"package": {"checksums", "sourceInfo", "packageFileName", "externalRefs", "comment", "primaryPackagePurpose"},
            "document": set(), "file": set()}
LICENCES = {"MIT", "Apache-2.0", "BSD-2-Clause", "curl", "bzip2-1.0.6", "Zlib", "ZPL-2.1", "NOASSERTION",
            "GPL-3.0-or-later WITH GCC-exception-3.1"}


def expect(name, why):
    print(f"not ok sbom: {name}: {why}" if why else f"ok sbom: {name}")


def fields(kind, entries):
    wrong = []
    for entry in entries:
        missing = REQUIRED[kind] - entry.keys()
        strange = entry.keys() - REQUIRED[kind] - OPTIONAL[kind]
        wrong += sorted(missing | strange)
    return ", ".join(wrong)


def checksums(document, folder):
    for entry in document["files"]:
        content = (folder / entry["fileName"]).read_bytes()
        sums = {c["algorithm"]: c["checksumValue"] for c in entry["checksums"]}
        if sums != {"SHA1": hashlib.sha1(content).hexdigest(), "SHA256": hashlib.sha256(content).hexdigest()}:
            yield entry["fileName"]


def against_lock(packages):
    """Each package of the lock has its version and the checksum of its upstream source there."""
    lock = pathlib.Path("deps/sources.lock").read_text()
    for name, version in re.findall(r"^source (\S+) (\S+)$", lock, flags=re.M):
        package = packages.get(name)
        if not package or package["versionInfo"] != version:
            yield name
        elif f"{package['checksums'][0]['checksumValue']}  {package['packageFileName']}" not in lock:
            yield name + " (checksum)"


def main(path, folder):
    document, folder = json.loads(pathlib.Path(path).read_text()), pathlib.Path(folder)
    expect("the document has its fields", fields("document", [document]))
    expect("so has each package", fields("package", document["packages"]))
    expect("and each file", fields("file", document["files"]))
    expect("it is SPDX 2.3", "" if (document["spdxVersion"], document["dataLicense"], document["SPDXID"]) ==
           ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT") else "it says otherwise")
    expect("its name space is a URI", "" if re.fullmatch(r"[a-z]+:[^#\s]+", document["documentNamespace"]) else "it is not")
    created = document["creationInfo"]["created"]
    expect("its date has the form", "" if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", created) else created)
    ids = [e["SPDXID"] for e in document["packages"] + document["files"]] + [document["SPDXID"]]
    expect("identifiers are well formed", ", ".join(i for i in ids if not re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", i)))
    expect("and given once", ", ".join(sorted({i for i in ids if ids.count(i) > 1})))
    related = [r[k] for r in document["relationships"] for k in ("spdxElementId", "relatedSpdxElement")]
    expect("relationships lead somewhere", ", ".join(sorted(set(related) - set(ids))))
    expect("and to everything", ", ".join(sorted(set(ids) - set(related))))
    extracted = {i["licenseId"] for i in document["hasExtractedLicensingInfos"]}
    used = {p[k] for p in document["packages"] for k in ("licenseDeclared", "licenseConcluded")}
    expect("licences are of SPDX's list or explained", ", ".join(sorted(used - LICENCES - extracted)))
    expect("the files are those", ", ".join(checksums(document, folder)))
    expect("all files are in it", ", ".join(sorted(
        {p.name for p in folder.iterdir()} - {e["fileName"][2:] for e in document["files"]}
        - {pathlib.Path(path).name, "SHA256SUMS"})))
    expect("libraries are those of the lock", ", ".join(against_lock({p["name"]: p for p in document["packages"]})))


main(*sys.argv[1:])

"""A zip file of a folder, the same bytes for the same files: zip.py FOLDER OUT.zip SECONDS

Names in order, all with one date, so that neither the file system nor the clock shows.
"""
import pathlib
import sys
import time
import zipfile


def main(folder, out, seconds):
    root = pathlib.Path(folder)
    date = max(time.gmtime(int(seconds))[:6], (1980, 1, 1, 0, 0, 0))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        for path in sorted(p for p in root.rglob("*") if p.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(root).as_posix(), date)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            target.writestr(entry, path.read_bytes())


main(*sys.argv[1:])

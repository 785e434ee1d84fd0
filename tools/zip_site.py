"""The built site as one file to read offline: `zip_site.py SITE ZIP`.

Equal sites give equal bytes: names are sorted, times and permissions fixed.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

FOLDER = "one-uniform-number"  # what unpacking makes; open its index.html
TIME = (2024, 1, 1, 0, 0, 0)
PERMISSIONS = 0o100644 << 16


def zip_site(site: Path, target: Path) -> int:
    """Pack ``site``, hidden files left out; the number of files.

    Raises:
        FileNotFoundError: if no site was built there.
    """
    if not (site / "index.html").is_file():
        raise FileNotFoundError(f"no site in {site}: run 'make book' first")
    names = sorted(
        path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()
    )
    names = [name for name in names if not name.startswith(".") and "/." not in name]
    part = target.with_suffix(".part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
            for name in names:
                packed.writestr(_entry(name), (site / name).read_bytes())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return len(names)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(f"{FOLDER}/{name}", TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3  # permissions are those of Unix, on any machine
    entry.external_attr = PERMISSIONS
    return entry


if __name__ == "__main__":
    site, target = map(Path, sys.argv[1:])
    try:
        count = zip_site(site, target)
    except FileNotFoundError as error:
        sys.exit(str(error))
    print(f"{count} files, {target.stat().st_size / 1e6:.1f} MB: {target}")

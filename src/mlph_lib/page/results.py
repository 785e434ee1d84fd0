"""Committed benchmark results, read from the project's folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["benchmark", "project_root"]


def project_root(start: Path | None = None) -> Path:
    """The first folder at or above ``start`` that holds ``_toc.yml``.

    Raises:
        FileNotFoundError: if there is none (run inside a checkout of the book).
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / "_toc.yml").is_file():
            return folder
    raise FileNotFoundError(
        f"expected a checkout of the book (a folder with _toc.yml) at or above "
        f"{start}: change into it, or into one of its folders"
    )


def benchmark(name: str, start: Path | None = None) -> dict[str, Any]:
    """The committed results ``benchmarks/<name>.json`` as a dictionary.

    Raises:
        FileNotFoundError: if they are not there; ``make bench`` writes them.
    """
    path = project_root(start) / "benchmarks" / f"{name}.json"
    if not path.is_file():
        raise FileNotFoundError(
            f"no benchmark results {path.name} in {path.parent}: run `make bench`"
        )
    return json.loads(path.read_text(encoding="utf-8"))

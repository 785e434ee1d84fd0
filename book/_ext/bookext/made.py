"""What ran the cells of a page: noted when they run, read when the page is written."""

from __future__ import annotations

import json
import os
import platform
from importlib.metadata import version
from pathlib import Path

__all__ = ["machine", "note", "recall"]

SAID = {"numpy": "NumPy", "scipy": "SciPy", "torch": "PyTorch"}


def machine() -> str:
    """The machine in a few words."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors"


def note(folder: Path, page: str, digest: str) -> None:
    """Keep the versions and the machine beside the outputs in the cache."""
    folder.mkdir(parents=True, exist_ok=True)
    versions = [f"{name} {version(package)}" for package, name in SAID.items()]
    made = {"by": [f"Python {platform.python_version()}", *versions], "on": machine()}
    (folder / f"{_name(page)}-{digest[:16]}.json").write_text(json.dumps(made))


def recall(folder: Path, page: str, digest: str) -> dict | None:
    """What ``note`` kept for these outputs; None where none of them was noted."""
    path = folder / f"{_name(page)}-{digest[:16]}.json"
    return json.loads(path.read_text()) if path.is_file() else None


def _name(page: str) -> str:
    return page.replace("/", "-")

"""Figures that others published, each with its source; no recordings of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlph_lib.recordings.errors import (
    MissingFieldError,
    MissingFileError,
    RecordingError,
)
from mlph_lib.recordings.store import FACTS, Store, parsed

__all__ = ["fact_names", "facts"]


def facts(name: str, root: Path | str | None = None) -> dict[str, Any]:
    """One entry of ``recordings/facts.json``: its values, and where they stand.

    Returns:
        A dictionary; "source" tells repository or model, commit or revision, file
        and what in it; None where the source does not say.

    Raises:
        RecordingError: if there is no such fact, or it has no source.
    """
    entries = _entries(root)
    if name not in entries:
        raise RecordingError(f"no fact {name!r}, there are {', '.join(sorted(entries))}")
    return entries[name]


def fact_names(root: Path | str | None = None) -> list[str]:
    """The names of all facts."""
    return sorted(_entries(root))


def _entries(root: Path | str | None) -> dict[str, Any]:
    path = Store(root).root / FACTS
    if not path.is_file():
        raise MissingFileError(f"{path}: no facts: git checkout -- {path}")
    entries = parsed(path.read_bytes(), path, f"git checkout -- {path}")
    for name, entry in entries.items():
        source = entry.get("source") if isinstance(entry, dict) else None
        if not isinstance(source, dict) or not source.get("where"):
            raise MissingFieldError(f"{path}: {name} has no source that says where")
    return entries

"""The reader's own checkpoint, named by LLAMA, as one digest.

Weights are gigabytes: each file is hashed once and remembered by path, size and
time of its last change, in the build folder.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

__all__ = ["checkpoint_digest"]

SUFFIXES = {".json", ".model", ".safetensors", ".txt"}  # config, tokenizer, weights


def checkpoint_digest(folder: str, memory: Path) -> str:
    """The folder's name and the sha256 of each of its files; the name if none is there.

    Args:
        folder: the value of LLAMA, "" when it is not set.
        memory: JSON file of digests known from earlier builds.
    """
    if not folder or not Path(folder).is_dir():
        return folder
    known = _remembered(memory)
    files = sorted(f for f in Path(folder).resolve().iterdir() if f.suffix in SUFFIXES)
    stamps = {str(file): _stamp(file) for file in files if file.is_file()}
    new = {path: stamp for path, stamp in stamps.items() if _stale(known, path, stamp)}
    known |= {path: [*stamp, _sha256(path)] for path, stamp in new.items()}
    if new:
        _remember(memory, known)
    return "\n".join([folder, *(f"{Path(p).name}:{known[p][-1]}" for p in stamps)])


def _stale(known: dict[str, list], path: str, stamp: list[int]) -> bool:
    return path not in known or known[path][:-1] != stamp


def _stamp(file: Path) -> list[int]:
    status = file.stat()
    return [status.st_mtime_ns, status.st_size]


def _sha256(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remembered(memory: Path) -> dict[str, list]:
    try:
        return json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # none yet, or damaged: hash again
        return {}


def _remember(memory: Path, known: dict[str, list]) -> None:
    memory.parent.mkdir(parents=True, exist_ok=True)
    part = memory.with_suffix(f".{os.getpid()}.part")  # pages are read in parallel
    part.write_text(json.dumps(known), encoding="utf-8")
    part.replace(memory)

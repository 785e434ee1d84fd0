"""Recordings on disk: safetensors, JSON manifests, one lock; no pickle.

``recordings/<source>/<name>.safetensors`` holds arrays, ``<name>.json`` says what
they are and holds their digest, ``recordings/lock.json`` holds the digest of every
manifest. The lock is what a reviewer reads.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from mlph_lib.recordings.errors import (
    ChangedBytesError,
    MissingFileError,
    RecordingError,
    UnknownRequestError,
    UnlockedFileError,
    remake,
)
from mlph_lib.recordings.manifest import check_manifest
from mlph_lib.recordings.plain import dump

__all__ = [
    "FACTS",
    "TRANSCRIPTS",
    "Store",
    "check_name",
    "packed",
    "parsed",
    "sha256",
]

LOCK = "lock.json"
FACTS = "facts.json"
TRANSCRIPTS = "transcripts"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]*/[a-z0-9][a-z0-9-]*")


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def check_name(name: str) -> None:
    """Raise unless ``name`` is ``source/name`` in small letters, digits and dashes."""
    if not NAME.fullmatch(name):
        raise RecordingError(
            f"expected a name such as llama-2-7b-chat/greedy-empty, got {name!r}"
        )


def packed(arrays: dict[str, np.ndarray]) -> bytes:
    """The arrays as safetensors."""
    return save({key: np.ascontiguousarray(a) for key, a in arrays.items()})


class Store:
    """The folder of recordings.

    Args:
        root: the folder; by default ``recordings`` of the checkout at or above the
            working directory.

    Raises:
        MissingFileError: if there is none.
    """

    def __init__(self, root: Path | str | None = None) -> None:
        self.root = _found() if root is None else Path(root)

    def lock(self) -> dict[str, dict[str, Any]]:
        """``source/name`` -> digest of the manifest, and accepted changes of code."""
        path = self.root / LOCK
        if not path.is_file():
            raise MissingFileError(f"{path}: no lock: git checkout -- {path}")
        lock = parsed(path.read_bytes(), path, "git checkout -- recordings/lock.json")
        for name, entry in lock.items():
            if not NAME.fullmatch(name) or not _is_entry(entry):
                raise ChangedBytesError(
                    f"{path}: the entry {name!r} is damaged: git checkout -- {path}"
                )
        return lock

    def lock_or_none(self) -> dict[str, dict[str, Any]]:
        """The lock; empty in a folder that has none yet."""
        return self.lock() if (self.root / LOCK).is_file() else {}

    def names(self, source: str = "") -> list[str]:
        """Every locked ``source/name``, or those of one source."""
        start = f"{source}/" if source else ""
        return [name for name in sorted(self.lock()) if name.startswith(start)]

    def path(self, name: str, suffix: str) -> Path:
        return self.root / f"{name}{suffix}"

    def manifest(self, name: str) -> dict[str, Any]:
        """The manifest of a recording, whole, its bytes those that the lock names."""
        lock = self.lock()
        if name not in lock:
            known = ", ".join(lock) or "nothing"
            raise UnknownRequestError(f"no recording {name!r}; recorded: {known}")
        path = self.path(name, ".json")
        data = self._bytes(path, name)
        _compare(data, lock[name]["sha256"], path, name)
        manifest = parsed(data, path, remake(name))
        check_manifest(manifest, str(path))
        if manifest["predicate"]["recording"] != name:
            raise ChangedBytesError(f"{path}: is another recording: {remake(name)}")
        return manifest

    def arrays(self, name: str, manifest: dict[str, Any]) -> dict[str, np.ndarray]:
        """The arrays of a recording, their bytes those that its manifest names."""
        path = self.path(name, ".safetensors")
        data = self._bytes(path, name)
        _compare(data, manifest["subject"][0]["digest"]["sha256"], path, name)
        try:
            return load(data)
        except SafetensorError as error:
            raise ChangedBytesError(f"{path}: {error}: {remake(name)}") from error

    def write(self, name: str, manifest: dict[str, Any], arrays: bytes) -> Path:
        """Both files, then the lock: what an interruption leaves is not locked."""
        text = dump(manifest)
        _write(self.path(name, ".safetensors"), arrays)
        _write(self.path(name, ".json"), text)
        self.write_lock(self.lock_or_none() | {name: {"sha256": sha256(text)}})
        return self.path(name, ".json")

    def write_lock(self, lock: dict[str, dict[str, Any]]) -> None:
        _write(self.root / LOCK, dump(lock))

    def strangers(self) -> Iterable[UnlockedFileError]:
        """Files that are neither the lock, the facts, a transcript nor locked."""
        expected = {self.root / LOCK, self.root / FACTS}
        expected |= set((self.root / TRANSCRIPTS).glob("*.json"))
        for name in self.names():
            expected |= {self.path(name, ".json"), self.path(name, ".safetensors")}
        for file in sorted(self.root.rglob("*")):
            if file.is_file() and file not in expected:
                yield UnlockedFileError(
                    f"{file}: the lock names no such file: remove it, or restore its "
                    f"entry (git checkout -- {self.root / LOCK})"
                )

    def _bytes(self, path: Path, name: str) -> bytes:
        if not path.is_file():
            raise MissingFileError(f"{path}: locked, but not there: {remake(name)}")
        return path.read_bytes()


def _found() -> Path:
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "recordings" / LOCK).is_file():
            return folder / "recordings"
    raise MissingFileError(
        f"expected a checkout of the book (a folder with recordings/{LOCK}) at or "
        f"above {here}: change into it, or name the folder of recordings as root"
    )


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and entry.keys() <= {"sha256", "accepted"}
        and bool(re.fullmatch("[0-9a-f]{64}", str(entry.get("sha256"))))
        and all(
            isinstance(a, dict) and a.keys() == {"because", "code", "difference"}
            for a in entry.get("accepted", [])
        )
    )


def _compare(data: bytes, digest: str, path: Path, name: str) -> None:
    if sha256(data) != digest:
        raise ChangedBytesError(
            f"{path}: its sha256 is {sha256(data)[:12]}..., reviewed was "
            f"{digest[:12]}...: {remake(name)}"
        )


def parsed(data: bytes, path: Path, remedy: str) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except ValueError as error:
        raise ChangedBytesError(f"{path}: no JSON ({error}): {remedy}") from error
    if not isinstance(value, dict):
        raise ChangedBytesError(f"{path}: expected a JSON object: {remedy}")
    return value


def _write(path: Path, data: bytes) -> None:
    """All of it or nothing: written beside, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)

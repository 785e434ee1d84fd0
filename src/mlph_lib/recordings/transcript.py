"""Recordings copied from what someone else published, from a file a person can read.

``recordings/transcripts/<source>.json`` holds what was copied, nulls written out;
the recordings are made from it, and made anew they are the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mlph_lib.recordings.errors import ChangedBytesError, RecordingError
from mlph_lib.recordings.manifest import check_manifest, statement
from mlph_lib.recordings.meaning import check_meaning
from mlph_lib.recordings.plain import declared, dump
from mlph_lib.recordings.store import TRANSCRIPTS, Store, packed, parsed, sha256

__all__ = ["check_transcript", "transcribe"]


def transcribe(source: str, root: Path | str | None = None) -> list[Path]:
    """Write the recordings of a transcript, and lock them.

    Returns:
        The manifests' paths.

    Raises:
        RecordingError: if a field is missing or the numbers contradict each other;
            nothing is written then.
    """
    store = Store(root)
    made = list(_recordings(store, source))
    return [store.write(name, manifest, data) for name, manifest, data in made]


def check_transcript(store: Store, source: str) -> None:
    """The recordings on disk are, byte for byte, those of the transcript.

    Raises:
        ChangedBytesError: naming the file that differs.
    """
    for name, manifest, data in _recordings(store, source):
        for suffix, expected in ((".json", dump(manifest)), (".safetensors", data)):
            path = store.path(name, suffix)
            if not path.is_file() or path.read_bytes() != expected:
                raise ChangedBytesError(
                    f"{path} is not what {_path(store, source)} says: "
                    f"mlph recordings transcribe {source}"
                )


def _recordings(
    store: Store, source: str
) -> Iterator[tuple[str, dict[str, Any], bytes]]:
    """Name, manifest and arrays of each recording of a transcript."""
    path = _path(store, source)
    if not path.is_file():
        raise RecordingError(f"{path}: no such transcript")
    transcript = parsed(path.read_bytes(), path, f"git checkout -- {path}")
    for told in transcript["recordings"]:
        arrays = {key: np.array(value) for key, value in told["arrays"].items()}
        name, data = f"{source}/{told['name']}", packed(arrays)
        fields = transcript["provenance"] | {
            "source": transcript["source"],
            "question": told["question"],
            "request": told["request"],
            "notes": told["notes"],
            "answer": {"arrays": declared(arrays), "values": told["values"]},
        }
        manifest = statement("transcribed", name, sha256(data), fields)
        check_manifest(manifest, str(path))
        values = {k: v for k, v in told["values"].items() if v is not None}
        check_meaning(told["request"], arrays | values, f"{path}: {told['name']}")
        yield name, manifest, data


def _path(store: Store, source: str) -> Path:
    return store.root / TRANSCRIPTS / f"{source}.json"

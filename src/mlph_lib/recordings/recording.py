"""Recording: an answer, what is known of its making, and a rehearsal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mlph_lib.recordings.digest import code_digest, where
from mlph_lib.recordings.errors import RecordingError
from mlph_lib.recordings.manifest import check_manifest, statement
from mlph_lib.recordings.meaning import check_meaning
from mlph_lib.recordings.plain import as_json, declared, full_request, split
from mlph_lib.recordings.replay import REHEARSAL
from mlph_lib.recordings.store import Store, check_name, packed, sha256

__all__ = ["Rehearsal", "record"]


@dataclass(frozen=True)
class Rehearsal:
    """The same question put to a small model, kept to judge later code by.

    Args:
        model: a function at the top of a module of ours, without arguments; it makes
            the same small model every time, on the CPU.
        request: what to ask it.
        rtol: by how much a number may differ, relative to the larger of 1 and itself.
        ignore: keys of the answer that differ from run to run, such as seconds.
    """

    model: Callable[[], Any]
    request: Mapping[str, Any]
    rtol: float = 1e-5
    ignore: tuple[str, ...] = ()

    def asked(self, question: Callable) -> dict[str, Any]:
        """The present answer, without what is ignored."""
        answer = question(self.model(), **self.request)
        return {key: value for key, value in answer.items() if key not in self.ignore}


def record(
    name: str,
    question: Callable,
    request: Mapping[str, Any],
    answer: Mapping[str, Any],
    facts: Mapping[str, Any],
    rehearsal: Rehearsal,
    *,
    notes: str = "",
    root: Path | str | None = None,
    replace: bool = False,
) -> Path:
    """Store an answer that was measured, and lock it; all is checked before.

    Args:
        name: ``source/name``.
        question, request: what was asked; defaults are written out.
        answer: arrays of numbers and JSON values.
        facts: model (name, revision, digest), device (kind, name, ...), versions
            (python, numpy, torch, transformers, ...), dtype, attention, batch_shape,
            seconds, recorded_at (ISO 8601), recorded_by, published (a list of
            {"fact", "difference", "tolerance"}, the name one of `facts`).
        rehearsal: the question put to a small model; it is asked here, too.
        root: the folder of recordings; made if it has no lock yet.
        replace: whether a recording of that name may be overwritten.

    Returns:
        The path of the manifest.

    Raises:
        RecordingError: if something is missing or wrong; nothing is written then.
    """
    check_name(name)
    store = Store(root)
    there = store.path(name, ".json").exists() or name in store.lock_or_none()
    if there and not replace:
        raise RecordingError(
            f"{store.path(name, '.json')} is there already: pass replace=True to "
            "record it anew"
        )
    arrays, values = split(answer)
    rehearsed, rehearsed_values = split(rehearsal.asked(question))
    fields = as_json(facts, name) | {
        "request": full_request(question, request),
        "notes": notes,
        "answer": {"arrays": declared(arrays), "values": values},
        "rehearsal": _rehearsal(rehearsal, rehearsed, rehearsed_values),
        **_code(question),
    }
    data = packed(arrays | {REHEARSAL + key: a for key, a in rehearsed.items()})
    manifest = statement("measured", name, sha256(data), fields)
    file = str(store.path(name, ".json"))
    check_manifest(manifest, file)
    check_meaning(fields["request"], arrays | values, file)
    return store.write(name, manifest, data)


def _code(question: Callable) -> dict[str, Any]:
    """Which question was asked, and the code that answered it."""
    module, function = where(question)
    digest = code_digest((module, function))
    code = {"module": module, "function": function, "sha256": digest}
    return {"question": function, "code": code}


def _rehearsal(
    rehearsal: Rehearsal, arrays: dict[str, np.ndarray], values: dict[str, Any]
) -> dict[str, Any]:
    """What a manifest says of a rehearsal and its answer."""
    return {
        "model": ":".join(where(rehearsal.model)),
        "request": as_json(rehearsal.request, "rehearsal"),
        "arrays": declared(arrays),
        "values": values,
        "rtol": rehearsal.rtol,
        "ignore": list(rehearsal.ignore),
    }

"""A change of code that changes no answer: rehearsed, then entered in the lock."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np

from mlph_lib.recordings.digest import code_digest
from mlph_lib.recordings.errors import NotEquivalentError, RecordingError
from mlph_lib.recordings.manifest import kind_of
from mlph_lib.recordings.plain import split
from mlph_lib.recordings.recording import Rehearsal
from mlph_lib.recordings.replay import REHEARSAL, known_codes
from mlph_lib.recordings.store import Store

__all__ = ["accept"]

PLAIN = (str, bool, int, type(None))


def accept(name: str, because: str, root: Path | str | None = None) -> str:
    """Let a recording stand for the present code, if that answers the rehearsal alike.

    The question is put anew to the small model of the rehearsal, on the CPU, and the
    answer compared with the one stored when the recording was made. What passes is
    entered in the lock with its reason: a review sees it.

    Args:
        name: ``source/name`` of a measured recording.
        because: what changed and why; a few words at least.

    Returns:
        What was found, in words.

    Raises:
        NotEquivalentError: if the present code answers otherwise; the lock stays.
        RecordingError: if there is nothing to accept, or no reason is given.
    """
    store = Store(root)
    manifest, file = store.manifest(name), str(store.path(name, ".json"))
    fields = manifest["predicate"]
    if kind_of(manifest) == "transcribed":
        raise RecordingError(f"{file} is transcribed: it depends on no code of ours")
    if len(because.split()) < 3:
        raise RecordingError(f"expected a reason in some words, got {because!r}")
    code = fields["code"]
    digest = code_digest((code["module"], code["function"]))
    if digest in known_codes(store, name, fields):
        raise RecordingError(f"{file}: the code is as recorded or accepted already")
    difference = _rehearse(store, name, manifest)
    entry = {"code": digest, "because": because, "difference": difference}
    lock = store.lock()
    lock[name]["accepted"] = [*lock[name].get("accepted", []), entry]
    store.write_lock(lock)
    return f"accepted {name}: the rehearsal differs by {difference:.1e} at most"


def _rehearse(store: Store, name: str, manifest: dict[str, Any]) -> float:
    """The largest difference between the rehearsal's answers, then and now."""
    fields, file = manifest["predicate"], str(store.path(name, ".json"))
    kept, code = fields["rehearsal"], fields["code"]
    rehearsal = Rehearsal(
        _imported(*kept["model"].split(":"), file), kept["request"], kept["rtol"],
        tuple(kept["ignore"]),
    )
    arrays = store.arrays(name, manifest)
    then = {key: arrays[REHEARSAL + key] for key in kept["arrays"]} | kept["values"]
    now_arrays, now_values = split(
        rehearsal.asked(_imported(code["module"], code["function"], file))
    )
    return _compare(then, now_arrays | now_values, rehearsal.rtol, file)


def _imported(module: str, name: str, file: str) -> Any:
    """A function of this project; a recording names no other."""
    if not module.startswith("mlph_lib."):
        raise RecordingError(f"{file}: {module} is no module of mlph_lib")
    return getattr(importlib.import_module(module), name)


def _compare(then: Any, now: Any, rtol: float, path: str) -> float:
    """The largest difference of two answers, relative to the larger of 1 and itself."""
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        then, now = dict(enumerate(then)), dict(enumerate(now))
    if isinstance(then, dict) and isinstance(now, dict) and then.keys() == now.keys():
        parts = (_compare(then[k], now[k], rtol, f"{path}: {k}") for k in then)
        return max(parts, default=0.0)
    if isinstance(then, float) and isinstance(now, float):
        then, now = np.array(then), np.array(now)
    if isinstance(then, np.ndarray) and isinstance(now, np.ndarray):
        if then.dtype == now.dtype and then.shape == now.shape:
            return _numbers(then, now, rtol, path)
    elif type(then) is type(now) and isinstance(then, PLAIN) and then == now:
        return 0.0
    raise NotEquivalentError(
        f"{path}: the rehearsal answered {then!r}, the present code answers {now!r}: "
        "the recording does not stand for it; record anew"
    )


def _numbers(then: np.ndarray, now: np.ndarray, rtol: float, path: str) -> float:
    """Numbers within tolerance; integers and truth values exactly."""
    a, b = then.astype(float), now.astype(float)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    apart = np.abs(a - b) / np.maximum(1, np.abs(a))
    difference = float(np.max(np.where(same, 0.0, apart), initial=0.0))
    limit = rtol if then.dtype.kind == "f" else 0.0
    if not difference <= limit:
        raise NotEquivalentError(
            f"{path}: the rehearsal's numbers differ by {difference:.1e}, allowed is "
            f"{limit:.1e}: the recording does not stand for this code; record anew"
        )
    return difference

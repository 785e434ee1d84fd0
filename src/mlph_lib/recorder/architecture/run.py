"""Measuring the architecture, one recording after the other; what stands is kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from mlph_lib import recordings
from mlph_lib.architecture import Untrained, small
from mlph_lib.recorder.architecture.compare import differences
from mlph_lib.recorder.plan import Ask
from mlph_lib.recorder.run import Making, record_each, verdict
from mlph_lib.recordings.replay import checked
from mlph_lib.recordings.store import Store

__all__ = ["measure", "remeasure"]

Say = Callable[[str], None]
SMALL = {"tokens": 32, "positions": 8, "new_tokens": 4, "repeats": 2}
# times, rates, and what rounds otherwise on another processor
IGNORED = (
    "seconds", "first_seconds", "tokens_per_second", "gigabytes_per_second",
    "copy_gigabytes_per_second", "percent_of_copy", "teraflops_per_second",
    "matmul_teraflops_per_second", "percent_of_matmul", "said", "shortfall",
    "ours_apart", "theirs_apart", "between", "same_choice", "favourites",
)


def measure(
    subject: Untrained,
    making: Making,
    asks: Iterable[Ask],
    commit: str,
    root: Path | str | None = None,
    say: Say = print,
) -> list[Path]:
    """Make every recording that is not there yet.

    A finished one is kept if it still verifies, answers the same request and comes
    from the same weights; so an interrupted run goes on where it stopped.

    Args:
        subject: the weights on disk, and where to run them.
        making: whose recordings these are.
        asks: what to ask.
        commit: of the code.
        root: the folder of recordings; by default the checkout's.
        say: where progress goes, a line a recording.

    Returns:
        The manifests, of old and new recordings.

    Raises:
        RecordingError: if recordings of other weights carry this name, or an answer
            does not verify.
    """
    store = Store(root)

    def one(ask: Ask) -> float:
        return _measure_one(subject, making, ask, commit, store)

    return list(record_each(store, making, tuple(asks), one, say))


def remeasure(
    subject: Untrained,
    making: Making,
    asks: Iterable[Ask],
    root: Path | str | None = None,
    say: Say = print,
) -> bool:
    """Measure everything anew and compare; nothing is written.

    Returns:
        Whether the weights are the same and every difference lies within its
        tolerance (`recorder.architecture.compare.TOLERANCES`).

    Raises:
        RecordingError: if a recording is missing or does not verify.
    """
    store, agrees = Store(root), True
    for ask in asks:
        name = f"{making.source}/{ask.name}"
        recorded = checked(store, name, ask.question)
        same = store.manifest(name)["predicate"]["model"]["digest"] == making.digest
        live = ask.question(subject, **ask.request)
        found = differences(recorded, live, subject.device.type == "cuda")
        say(f"{name}: {verdict(found)}" + ("" if same else "; DISAGREES: other weights"))
        agrees &= same and all(found)
    return agrees


def _measure_one(
    subject: Untrained, making: Making, ask: Ask, commit: str, store: Store
) -> float:
    """Ask, check, write; the seconds that the answer took."""
    started = time.perf_counter()
    answer = ask.question(subject, **ask.request)
    seconds = time.perf_counter() - started
    recordings.record(
        f"{making.source}/{ask.name}", ask.question, ask.request, answer,
        _facts(subject, making, ask, seconds) | {"commit": commit}, _rehearsal(ask),
        root=store.root, replace=True,
    )
    return seconds


def _facts(
    subject: Untrained, making: Making, ask: Ask, seconds: float
) -> dict[str, Any]:
    """Everything that a recording says of its making."""
    request = ask.request
    tokens = [request[k] for k in ("tokens", "positions", "new_tokens") if k in request]
    return making.facts(subject.device, seconds) | {
        "dtype": request.get("dtype", str(subject.dtype).removeprefix("torch.")),
        "attention": _attention(ask),
        "batch_shape": [1, *(tokens or [1])],
    }


def _attention(ask: Ask) -> str:
    """The implementations that ran."""
    if ask.question.__name__ in ("files", "module_tree"):
        return "none"
    if ask.question.__name__ == "agreement":
        return "sdpa and mlph_lib.llama"
    code = ask.request.get("code", ask.request.get("path", "ours"))
    return "mlph_lib.llama" if code.startswith("ours") else "sdpa"


def _rehearsal(ask: Ask) -> recordings.Rehearsal:
    """The same question, smaller, put to a very small untrained model."""
    request = dict(ask.request)
    for key in SMALL.keys() & request.keys():
        request[key] = min(request[key], SMALL[key])
    if "seeds" in request:
        request["seeds"] = request["seeds"][:2]
    return recordings.Rehearsal(small, request, rtol=1e-3, ignore=IGNORED)

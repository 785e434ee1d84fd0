"""Asking everything, one recording after the other; what is finished is kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from mlph_lib import recordings
from mlph_lib.questions import LanguageModel
from mlph_lib.questions.choosing import BATCH
from mlph_lib.questions.small import small_model
from mlph_lib.recorder.compare import Difference, differences
from mlph_lib.recorder.machine import attention_of, device_facts, now, versions
from mlph_lib.recorder.plan import BUDGET, Ask
from mlph_lib.recordings.plain import dump, full_request, split
from mlph_lib.recordings.replay import checked
from mlph_lib.recordings.store import Store

__all__ = ["Making", "compare_all", "record_all", "record_each", "verdict"]

Say = Callable[[str], None]
TIMES = ("seconds", "tokens_per_second", "gigabytes_per_second")  # differ between runs
OWN = 8000  # bytes of a manifest and its rehearsal
SMALL = {"n": 4, "max_new_tokens": 6, "new_tokens": 4, "repeats": 2, "depth": 2}


@dataclass(frozen=True)
class Making:
    """Who records what: the model's identity, and what it was measured against."""

    source: str  # the folder in recordings/
    name: str  # of the model, as the pages show it
    revision: str
    digest: str
    by: str
    published: tuple[dict[str, Any], ...] = ()

    def facts(self, device: torch.device, seconds: float) -> dict[str, Any]:
        """What every recording of this making says: model, machine, time, who."""
        return {
            "model": {
                "name": self.name, "revision": self.revision, "digest": self.digest
            },
            "device": device_facts(device),
            "versions": versions(),
            "seconds": seconds,
            "recorded_at": now(),
            "recorded_by": self.by,
            "published": list(self.published),
        }


def record_all(
    lm: LanguageModel,
    making: Making,
    asks: Iterable[Ask],
    root: Path | str | None = None,
    say: Say = print,
) -> list[Path]:
    """Make every recording of the plan that is not there yet.

    A finished one is kept if it still verifies, answers the same request and comes
    from the same checkpoint; so an interrupted run goes on where it stopped.

    Args:
        lm: the model on its device.
        making: whose recordings these are.
        asks: what to ask.
        root: the folder of recordings; by default the checkout's.
        say: where progress goes, a line a recording.

    Returns:
        The manifests, of old and new recordings.

    Raises:
        RecordingError: if recordings of another checkpoint carry this name, an answer
            does not verify, or all are larger together than the budget.
        ValueError: if a request names ids that the model has not.
    """
    asks = tuple(asks)
    _check_ids(lm, asks)
    store, used = Store(root), 0

    def one(ask: Ask) -> float:
        return _record_one(lm, making, ask, store, BUDGET - used)

    done = []
    for path in record_each(store, making, asks, one, say):
        done.append(path)
        used += sum(p.stat().st_size for p in (path, path.with_suffix(".safetensors")))
    say(f"{len(done)} recordings, {used / 2**20:.2f} MiB of {BUDGET / 2**20:.0f} MiB")
    return done


def record_each(
    store: Store, making: Making, asks: Sequence[Ask], one: Callable[[Ask], float], say: Say
) -> Iterator[Path]:
    """The manifest of each ask in turn: of what is kept, or of what ``one`` made.

    Args:
        store: where the recordings lie.
        making: whose recordings these are.
        asks: what to ask.
        one: makes the recording of an ask; the seconds that its answer took.
        say: where progress goes, a line a recording.

    Raises:
        RecordingError: if a recording of other weights carries one of the names.
    """
    for count, ask in enumerate(asks, 1):
        name = f"{making.source}/{ask.name}"
        head = f"[{count}/{len(asks)}] {name}"
        found = _state(store, name, ask, making)
        if found == "kept":
            say(f"{head}: kept, it verifies")
        else:
            say(f"{head}: {found}")
            say(f"{head}: done in {one(ask):.1f} s")
        yield store.path(name, ".json")


def compare_all(
    lm: LanguageModel,
    making: Making,
    asks: Iterable[Ask],
    root: Path | str | None = None,
    say: Say = print,
) -> bool:
    """Ask everything anew and compare; nothing is written.

    Returns:
        Whether every difference lies within its tolerance (`recorder.TOLERANCES`).

    Raises:
        RecordingError: if a recording is missing or does not verify.
    """
    asks, store, agrees = tuple(asks), Store(root), True
    _check_ids(lm, asks)
    for ask in asks:
        name = f"{making.source}/{ask.name}"
        recorded = checked(store, name, ask.question)
        found = differences(
            ask.question.__name__, recorded, ask.question(lm, **ask.request)
        )
        say(f"{name}: {verdict(found)}")
        agrees &= all(found)
    return agrees


def _check_ids(lm: LanguageModel, asks: Iterable[Ask]) -> None:
    """Every id asked about is in the vocabulary; said before anything is asked."""
    for ask in asks:
        highest = max(ask.request.get("ids", [0]), default=0)
        if highest >= len(lm.tokenizer):
            raise ValueError(
                f"{ask.name} asks for the pieces of ids up to {highest}, the vocabulary "
                f"has {len(lm.tokenizer)}: ask for ids below that "
                "(mlph_lib.recorder.plan.within takes the last ones)"
            )


def _state(store: Store, name: str, ask: Ask, making: Making) -> str:
    """ "kept", or why there is something to do."""
    if name not in store.lock_or_none():
        return "asking"
    try:
        answer = checked(store, name, ask.question)
    except recordings.RecordingError as error:
        return f"recording anew, for the old one does not stand: {error}"
    fields = store.manifest(name)["predicate"]
    if fields["model"]["digest"] != making.digest:
        raise recordings.RecordingError(
            f"{store.path(name, '.json')} comes from another checkpoint "
            f"({fields['model']['name']}): take another source name, or remove it"
        )
    same = fields["request"] == full_request(ask.question, ask.request)
    return "kept" if same and answer else "recording anew, the plan has changed"


def _record_one(
    lm: LanguageModel, making: Making, ask: Ask, store: Store, room: int
) -> float:
    """Ask, check, write; the seconds that the answer took."""
    started = time.perf_counter()
    answer = ask.question(lm, **ask.request)
    seconds = time.perf_counter() - started
    if (size := _size(answer) + OWN) > room:
        raise recordings.RecordingError(
            f"{making.source}/{ask.name} would have {size} bytes, of the {BUDGET} for "
            f"all recordings {room} are left: ask for less"
        )
    recordings.record(
        f"{making.source}/{ask.name}", ask.question, ask.request, answer,
        _facts(lm, making, ask, seconds), _rehearsal(ask),
        root=store.root, replace=True,
    )
    return seconds


def _facts(
    lm: LanguageModel, making: Making, ask: Ask, seconds: float
) -> dict[str, Any]:
    """Everything that a measured recording says of its making."""
    length = sum(ask.request.get(k, 0) for k in ("max_new_tokens", "new_tokens"))
    return making.facts(lm.model.device, seconds) | {
        "dtype": str(lm.dtype).removeprefix("torch."),
        "attention": attention_of(lm),
        "batch_shape": [min(ask.request.get("n", 1), BATCH), max(1, length)],
    }


def _rehearsal(ask: Ask) -> recordings.Rehearsal:
    """The same question, smaller, put to the small model."""
    request = dict(ask.request)
    for key in SMALL.keys() & request.keys():
        request[key] = min(request[key], SMALL[key])
    if "codes" in request:
        request["codes"] = request["codes"][:2]
    if "ids" in request:
        request["ids"] = list(range(len(request["ids"])))
    return recordings.Rehearsal(small_model, request, rtol=1e-4, ignore=TIMES)


def _size(answer: Mapping[str, Any]) -> int:
    """Bytes of an answer on disk, near enough: arrays as they are, the rest as JSON."""
    arrays, values = split(answer)
    return sum(a.nbytes for a in arrays.values()) + len(dump(values))


def verdict(found: list[Difference]) -> str:
    """What disagrees, or the comparison that came nearest to it."""
    told = [d for d in found if not d] or sorted(found, key=_share)[-1:]
    parts = (f"{d.what} differs by {d.difference:.2g} ({d.tolerance})" for d in told)
    verdict = "agrees" if all(found) else "DISAGREES"
    return f"{verdict}, {', '.join(parts)}"


def _share(d: Difference) -> float:
    return d.difference / d.tolerance if d.tolerance else d.difference

"""Replaying: the recorded answer to exactly this question and request, or an error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mlph_lib.recordings.digest import code_digest, where
from mlph_lib.recordings.errors import (
    ChangedCodeError,
    RecordingError,
    UnknownRequestError,
    WrongMeaningError,
)
from mlph_lib.recordings.manifest import kind_of
from mlph_lib.recordings.meaning import check_meaning
from mlph_lib.recordings.plain import declared, full_request
from mlph_lib.recordings.provenance import Provenance, Replayed
from mlph_lib.recordings.store import Store

__all__ = ["REHEARSAL", "Recordings", "ask", "checked", "known_codes"]

REHEARSAL = "rehearsal/"  # arrays of the rehearsal, beside those of the answer


class Recordings:
    """What was recorded of one source, such as ``llama-2-7b-chat``.

    Args:
        source: the folder's name in ``recordings/``.
        kind: "measured" or "transcribed"; None takes what was measured, and what was
            transcribed where nothing was.
        root: the folder of recordings, if it is not that of the checkout around.

    Raises:
        UnknownRequestError: if nothing is recorded of this source.
    """

    def __init__(
        self, source: str, kind: str | None = None, root: Path | str | None = None
    ) -> None:
        if kind not in (None, "measured", "transcribed"):
            raise RecordingError(f"expected kind measured or transcribed, got {kind!r}")
        self.source, self.kind, self.store = source, kind, Store(root)
        if not self.names():
            raise UnknownRequestError(
                f"nothing is recorded of {source!r} in {self.store.root}: "
                "mlph recordings list shows what is"
            )

    def __repr__(self) -> str:
        return f"Recordings({self.source!r})"

    def names(self) -> list[str]:
        """The ``source/name`` of each."""
        return self.store.names(self.source)

    def find(self, question: Callable, **request: Any) -> str | None:
        """The name of the recording that answers, or None."""
        wanted, found = full_request(question, request), {}
        for name in self.names():
            manifest = self.store.manifest(name)
            fields = manifest["predicate"]
            if (fields["question"], fields["request"]) == (question.__name__, wanted):
                found[kind_of(manifest)] = name
        return found.get(self.kind or "measured", found.get(self.kind or "transcribed"))

    def answer(self, question: Callable, **request: Any) -> Replayed:
        """The recorded answer, its bytes, code and meaning checked.

        Raises:
            RecordingError: its subclass says what is wrong, its words how to mend it.
        """
        name = self.find(question, **request)
        if name is None:
            asked = full_request(question, request)
            raise UnknownRequestError(
                f"no recording of {self.source} answers {question.__name__}({asked}): "
                f"mlph recordings list shows what is recorded, mlph record "
                f"{self.source} makes what the book asks for; nothing is recorded here"
            )
        return checked(self.store, name, question)


def ask(question: Callable, source: Any, /, **request: Any) -> Any:
    """``question(source, **request)``, or the answer recorded of it.

    Args:
        question: a function at the top of a module, its first argument a model.
        source: a model, or `Recordings`.
        request: the other arguments; defaults count as given.

    Returns:
        What the question returns; replayed, a dictionary with ``.provenance``.

    Raises:
        RecordingError: if it is not recorded, or not to be trusted.

    Example:
        >>> def double(model, of): return {"twice": model * of}
        >>> ask(double, 2, of=3)
        {'twice': 6}
    """
    if isinstance(source, Recordings):
        return source.answer(question, **request)
    return question(source, **request)


def checked(store: Store, name: str, question: Callable | None = None) -> Replayed:
    """The answer of one recording, after every check.

    Args:
        question: the present question; None looks for it where it was recorded.
    """
    file = str(store.path(name, ".json"))
    manifest = store.manifest(name)
    fields, kind = manifest["predicate"], kind_of(manifest)
    arrays = store.arrays(name, manifest)
    _check_shapes(arrays, fields, file)
    told = {key: arrays[key] for key in fields["answer"]["arrays"]}
    told |= fields["answer"]["values"]
    if kind == "measured":
        _check_code(store, name, fields, question)
    else:  # null is what the source does not tell
        told = {key: value for key, value in told.items() if value is not None}
    check_meaning(fields["request"], told, file)
    return Replayed(told, Provenance.of(fields, kind))


def known_codes(store: Store, name: str, fields: dict[str, Any]) -> set[str]:
    """The digests of code that the answer stands for: recorded, or accepted since."""
    accepted = store.lock()[name].get("accepted", [])
    return {fields["code"]["sha256"], *(entry["code"] for entry in accepted)}


def _check_code(
    store: Store, name: str, fields: dict[str, Any], question: Callable | None
) -> None:
    recorded = (fields["code"]["module"], fields["code"]["function"])
    place = where(question) if question else recorded
    if code_digest(place) not in known_codes(store, name, fields):
        raise ChangedCodeError(
            f"{store.path(name, '.json')}: {'.'.join(place)}, or what it uses, is not "
            f"the code that was recorded. If it still gives the same answers: mlph "
            f"recordings accept {name} --because '...'; if not, record anew: mlph "
            f"record {name.partition('/')[0]}"
        )


def _check_shapes(
    arrays: dict[str, np.ndarray], fields: dict[str, Any], file: str
) -> None:
    """The arrays are those that the manifest declares."""
    expected = dict(fields["answer"]["arrays"])
    rehearsed = fields.get("rehearsal", {}).get("arrays", {})
    expected |= {REHEARSAL + key: value for key, value in rehearsed.items()}
    if declared(arrays) != expected:
        raise WrongMeaningError(
            f"{file}: declares arrays {expected}, there are {declared(arrays)}"
        )

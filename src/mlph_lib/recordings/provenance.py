"""Where an answer comes from, and an answer that knows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mlph_lib.recordings.errors import NotRecordedError

__all__ = ["Provenance", "Replayed"]

UNKNOWN = "not recorded"


@dataclass(frozen=True)
class Provenance:
    """What model, what device, when, by whom; None where the source does not say.

    Example:
        >>> print(Provenance("llama/x", "measured", "Llama", "float16", "cuda", None,
        ...                  "2026-01-02", None))
        Replayed. Model: Llama, float16. Device: cuda, name not recorded. When: \
2026-01-02. By: not recorded.
    """

    recording: str
    kind: str
    model: str | None
    dtype: str | None
    device_kind: str | None
    device_name: str | None
    when: str | None
    by: str | None
    source: str | None = None

    @classmethod
    def of(cls, fields: dict[str, Any], kind: str) -> Provenance:
        """The provenance that a manifest's predicate states."""
        source = "{repository}, commit {commit}, {file}"
        return cls(
            fields["recording"], kind, fields["model"]["name"], fields["dtype"],
            fields["device"]["kind"], fields["device"]["name"],
            fields["recorded_at"], fields["recorded_by"],
            source.format(**fields["source"]) if "source" in fields else None,
        )

    def entries(self) -> list[tuple[str, str]]:
        """(label, words) of every part, what is missing named as "not recorded"."""
        model = ", ".join(filter(None, [self.model or UNKNOWN, self.dtype]))
        device = self.device_name or self.device_kind or UNKNOWN
        if self.device_kind and not self.device_name:
            device += f", name {UNKNOWN}"
        told = [("Model", model), ("Device", device)]
        told += [("When", self.when or UNKNOWN), ("By", self.by or UNKNOWN)]
        return told + ([("Transcribed from", self.source)] if self.source else [])

    def __str__(self) -> str:
        told = (f"{label}: {words}." for label, words in self.entries())
        return " ".join(["Replayed.", *told])


class Replayed(dict):
    """A recorded answer: the live question's dictionary, with its provenance.

    Raises:
        NotRecordedError: for a key that a live answer may have and the recording has
            not: what was not recorded is never filled in.
    """

    def __init__(self, answer: dict[str, Any], provenance: Provenance) -> None:
        super().__init__(answer)
        self.provenance = provenance

    def __missing__(self, key: str) -> Any:
        raise NotRecordedError(
            f"{key!r} is not recorded in {self.provenance.recording}; recorded are "
            f"{', '.join(sorted(self))}"
        )

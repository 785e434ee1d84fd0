"""What can be wrong with a recording; each message names the file and the remedy."""

from __future__ import annotations

__all__ = [
    "ChangedBytesError",
    "ChangedCodeError",
    "MissingFieldError",
    "MissingFileError",
    "NotEquivalentError",
    "NotRecordedError",
    "RecordingError",
    "UnknownRequestError",
    "UnlockedFileError",
    "WrongMeaningError",
    "remake",
]


class RecordingError(ValueError):
    """A recording cannot be trusted, or cannot be made."""


class UnknownRequestError(RecordingError):
    """Nothing is recorded for this question and request."""


class MissingFileError(RecordingError):
    """The lock names a file that is not there."""


class UnlockedFileError(RecordingError):
    """A file that the lock does not name."""


class ChangedBytesError(RecordingError):
    """A file is not, byte for byte, what was reviewed."""


class MissingFieldError(RecordingError):
    """A manifest lacks a field, or holds something else in its place."""


class ChangedCodeError(RecordingError):
    """The function that gave the answer has another source now."""


class WrongMeaningError(RecordingError):
    """The numbers of an answer contradict each other."""


class NotEquivalentError(RecordingError):
    """The present code answers the rehearsal differently."""


class NotRecordedError(RecordingError, KeyError):
    """The answer was recorded, but this part of it was not."""

    def __str__(self) -> str:
        return str(self.args[0])  # a KeyError would show quotes


def remake(name: str) -> str:
    """How to get the recording ``source/name`` back, in words."""
    source = name.partition("/")[0]
    return (
        f"restore it (git checkout -- recordings/) or make it anew "
        f"(mlph recordings transcribe {source}, or mlph record {source})"
    )

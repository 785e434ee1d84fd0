"""Answers of expensive runs: stored once, replayed strictly, checked every time.

A recording is the answer that a model gave to one question and request, with where
it comes from. It is replayed only if its bytes, the code that gave it and the meaning
of its numbers are what they were; nothing is ever recorded silently. Digests prove
that nothing changed since the review, not that it was true: only running anew does.
"""

from mlph_lib.recordings.acceptance import accept
from mlph_lib.recordings.digest import code_digest
from mlph_lib.recordings.errors import (
    ChangedBytesError,
    ChangedCodeError,
    MissingFieldError,
    MissingFileError,
    NotEquivalentError,
    NotRecordedError,
    RecordingError,
    UnknownRequestError,
    UnlockedFileError,
    WrongMeaningError,
)
from mlph_lib.recordings.provenance import Provenance, Replayed
from mlph_lib.recordings.published import fact_names, facts
from mlph_lib.recordings.recording import Rehearsal, record
from mlph_lib.recordings.replay import Recordings, ask
from mlph_lib.recordings.review import describe, names, problems, summary
from mlph_lib.recordings.transcript import transcribe

__all__ = [
    "ChangedBytesError",
    "ChangedCodeError",
    "MissingFieldError",
    "MissingFileError",
    "NotEquivalentError",
    "NotRecordedError",
    "Provenance",
    "RecordingError",
    "Recordings",
    "Rehearsal",
    "Replayed",
    "UnknownRequestError",
    "UnlockedFileError",
    "WrongMeaningError",
    "accept",
    "ask",
    "code_digest",
    "describe",
    "fact_names",
    "facts",
    "names",
    "problems",
    "record",
    "summary",
    "transcribe",
]

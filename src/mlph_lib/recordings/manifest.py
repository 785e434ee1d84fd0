"""A recording's manifest: an in-toto statement about one file of arrays.

`measured` says everything: request, answer, model, device, versions, code, what
published facts it was measured against, and a rehearsal for judging later code.
`transcribed` copies what someone else published: every field of the provenance is
there, with an explicit null where the source does not tell, and the source itself.
Nothing was run by our code then, so no digest of code is pinned: question and
request are, and whatever the source tells stays true when our code changes.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from mlph_lib.recordings.errors import MissingFieldError

__all__ = ["PROVENANCE", "check_manifest", "kind_of", "statement"]

FORMAT = "https://in-toto.io/Statement/v1"
KINDS = {
    "measured": "urn:one-uniform-number:recording:measured:1",
    "transcribed": "urn:one-uniform-number:recording:transcribed:1",
}
PROVENANCE = (
    "model.name", "model.revision", "model.digest",
    "device.kind", "device.name",
    "versions.python", "versions.numpy", "versions.torch", "versions.transformers",
    "dtype", "attention", "batch_shape", "seconds", "recorded_at", "recorded_by",
    "published",
)
ALWAYS = ("recording", "question", "request", "answer.arrays", "answer.values", "notes")
MEASURED = (
    "code.module", "code.function", "code.sha256",
    "rehearsal.model", "rehearsal.request", "rehearsal.arrays", "rehearsal.values",
    "rehearsal.rtol", "rehearsal.ignore",
)
OBJECTS = (
    "request", "answer.arrays", "answer.values",
    "rehearsal.request", "rehearsal.arrays", "rehearsal.values",
)
TRANSCRIBED = ("source.repository", "source.commit", "source.file")


def statement(
    kind: str, name: str, digest: str, fields: dict[str, Any]
) -> dict[str, Any]:
    """The manifest that says ``fields`` of the arrays with this digest."""
    file = name.rpartition("/")[2] + ".safetensors"
    return {
        "_type": FORMAT,
        "subject": [{"name": file, "digest": {"sha256": digest}}],
        "predicateType": KINDS[kind],
        "predicate": {"recording": name} | fields,
    }


def kind_of(manifest: dict[str, Any]) -> str:
    """ "measured" or "transcribed", of a manifest that was checked."""
    return next(k for k, uri in KINDS.items() if manifest["predicateType"] == uri)


def _field(fields: dict[str, Any], path: str, file: str) -> Any:
    """The field at a dotted path.

    Raises:
        MissingFieldError: if it is not there; null is there.
    """
    value: Any = fields
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            raise MissingFieldError(f"{file}: the field {path} is missing")
        value = value[name]
    return value


def check_manifest(manifest: dict[str, Any], file: str) -> None:
    """Every field is there, and is what it should be.

    Raises:
        MissingFieldError: naming the file and the field.
    """
    try:
        _check(manifest, file)
    except (AttributeError, KeyError, TypeError) as error:
        raise MissingFieldError(f"{file}: a field of another kind: {error}") from error


def _check(manifest: dict[str, Any], file: str) -> None:
    found = _field(manifest, "_type", file), _field(manifest, "predicateType", file)
    if found[0] != FORMAT or found[1] not in KINDS.values():
        raise MissingFieldError(
            f"{file}: expected _type {FORMAT} and a predicateType of "
            f"{list(KINDS.values())}, got {found}"
        )
    kind, fields = kind_of(manifest), _field(manifest, "predicate", file)
    for path in ALWAYS:
        _given(fields, path, file)
    for path in MEASURED + PROVENANCE if kind == "measured" else TRANSCRIBED:
        _given(fields, path, file)
    for path in OBJECTS[: None if kind == "measured" else 3]:
        if not isinstance(_field(fields, path, file), dict):
            raise MissingFieldError(f"{file}: {path} is no object")
    for path in PROVENANCE:
        value = _field(fields, path, file)
        if value is not None and not _well_formed(path, value):
            raise MissingFieldError(f"{file}: {path} cannot be {value!r}")
    if kind == "transcribed" and not re.fullmatch(
        r"[0-9a-f]{7,40}", str(fields["source"]["commit"])
    ):
        raise MissingFieldError(f"{file}: source.commit is no commit")
    _check_subject(manifest, fields, file)


def _given(fields: dict[str, Any], path: str, file: str) -> None:
    if _field(fields, path, file) is None:
        raise MissingFieldError(
            f"{file}: the field {path} is null, which only a transcribed recording's "
            "provenance may be"
        )


def _check_subject(manifest: dict[str, Any], fields: dict[str, Any], file: str) -> None:
    """The one subject is the file of arrays beside the manifest."""
    subject = _field(manifest, "subject", file)
    expected = fields["recording"].rpartition("/")[2] + ".safetensors"
    if not (
        isinstance(subject, list)
        and len(subject) == 1
        and subject[0].keys() == {"digest", "name"}
        and subject[0]["name"] == expected
        and re.fullmatch("[0-9a-f]{64}", str(subject[0]["digest"].get("sha256")))
    ):
        raise MissingFieldError(
            f"{file}: expected the subject {expected} with its sha256, got {subject}"
        )


def _well_formed(path: str, value: Any) -> bool:
    if path == "seconds":
        return isinstance(value, (int, float)) and value > 0
    if path == "batch_shape":
        return isinstance(value, list) and all(isinstance(n, int) for n in value)
    if path == "published":
        return isinstance(value, list) and all(map(_within_tolerance, value))
    if not isinstance(value, str) or not value:
        return False
    if path == "model.digest":
        return bool(re.fullmatch("[0-9a-f]{64}", value))
    return path != "recorded_at" or _is_time(value)


def _within_tolerance(entry: Any) -> bool:
    """One comparison with a published fact, which holds."""
    return (
        isinstance(entry, dict)
        and {"fact", "difference", "tolerance"} <= entry.keys()
        and 0 <= entry["difference"] <= entry["tolerance"]
    )


def _is_time(value: str) -> bool:
    try:
        return datetime.fromisoformat(value) is not None
    except ValueError:
        return False

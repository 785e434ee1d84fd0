"""What is recorded, in words, and everything that is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlph_lib.recordings.errors import RecordingError
from mlph_lib.recordings.manifest import kind_of
from mlph_lib.recordings.plain import dump
from mlph_lib.recordings.provenance import Provenance
from mlph_lib.recordings.published import fact_names
from mlph_lib.recordings.replay import checked
from mlph_lib.recordings.store import TRANSCRIPTS, Store
from mlph_lib.recordings.transcript import check_transcript

__all__ = ["describe", "names", "problems", "summary"]


def names(root: Path | str | None = None) -> list[str]:
    """Every ``source/name`` in the lock."""
    return Store(root).names()


def summary(name: str, root: Path | str | None = None) -> str:
    """One line: name, kind, question and request."""
    fields, kind = _fields(Store(root), name)
    request = ", ".join(f"{key}={value!r}" for key, value in fields["request"].items())
    return f"{name}  {kind}  {fields['question']}({request})"


def describe(name: str, root: Path | str | None = None) -> str:
    """Request, answer and provenance of one recording, after every check."""
    store = Store(root)
    fields, kind = _fields(store, name)
    answer = checked(store, name)
    lines = [summary(name, root), str(Provenance.of(fields, kind)), fields["notes"], ""]
    lines += [f"{key}: {_short(answer[key])}" for key in sorted(answer)]
    untold = sorted(k for k, v in fields["answer"]["values"].items() if v is None)
    lines += [f"not told: {', '.join(untold)}"] if untold else []
    for entry in store.lock()[name].get("accepted", []):
        lines.append(f"accepted code {entry['code'][:12]}: {entry['because']}")
    return "\n".join(filter(None, lines))


def problems(root: Path | str | None = None) -> list[RecordingError]:
    """All that is wrong: bytes, fields, code, meaning, strangers, transcripts, facts."""
    try:
        store = Store(root)
        listed = store.names()
    except RecordingError as error:
        return [error]
    found = [*store.strangers(), *_errors(lambda: fact_names(root))]
    for name in listed:
        found += _errors(lambda name=name: checked(store, name))
    for path in sorted((store.root / TRANSCRIPTS).glob("*.json")):
        found += _errors(lambda path=path: check_transcript(store, path.stem))
    if not found:
        found += _errors(lambda: _check_together(store, listed, root))
    return found


def _check_together(store: Store, listed: list[str], root: Path | str | None) -> None:
    """No two recordings answer one request, and every fact compared with is there."""
    requests: Counter[tuple] = Counter()
    for name in listed:
        fields, kind = _fields(store, name)
        asked = (name.partition("/")[0], kind, fields["question"])
        requests[(*asked, dump(fields["request"]))] += 1
        named = {entry["fact"] for entry in fields["published"] or []}
        # a fact is an entry of facts.json, or a recording that was transcribed
        if missing := named - set(fact_names(root)) - set(listed):
            raise RecordingError(f"{name}: compared with unknown facts {missing}")
    twice = [key[:3] for key, count in requests.items() if count > 1]
    if twice:
        raise RecordingError(f"{store.root}: two recordings of one request: {twice}")


def _fields(store: Store, name: str) -> tuple[dict[str, Any], str]:
    manifest = store.manifest(name)
    return manifest["predicate"], kind_of(manifest)


def _errors(check: Callable[[], Any]) -> list[RecordingError]:
    try:
        check()
    except RecordingError as error:
        return [error]
    return []


def _short(value: Any) -> str:
    shape = getattr(value, "shape", None)
    text = " ".join(repr(value.tolist() if shape is not None else value).split())
    text = text if len(text) <= 100 else text[:97] + "..."
    return text if shape is None else f"{value.dtype} {shape} {text}"

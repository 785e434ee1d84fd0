"""Whatever is done to a recording, replaying and verifying it fails, by name."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from mlph_lib import recordings
from mlph_lib.recordings import (
    ChangedBytesError,
    ChangedCodeError,
    MissingFieldError,
    MissingFileError,
    RecordingError,
    Recordings,
    UnknownRequestError,
    UnlockedFileError,
    WrongMeaningError,
    ask,
)

FILES = [f"toy/{n}.{s}" for n in ("powers", "more") for s in ("json", "safetensors")]


def refused(root: Path, toy: Any, error: type, says: str = "", request: int = 3) -> None:
    """Asking for it raises, and verifying all finds it."""
    room = toy.load()
    with pytest.raises(error, match=says):
        ask(room.powers, Recordings("toy", root=root), n=request)
    found = recordings.problems(root)
    assert any(type(problem) is error for problem in found), found


def sign(root: Path, name: str = "toy/powers") -> None:
    """Make every digest right again, as somebody who can write everything could."""
    manifest, arrays = root / f"{name}.json", root / f"{name}.safetensors"
    statement = json.loads(manifest.read_text())
    digest = hashlib.sha256(arrays.read_bytes()).hexdigest()
    statement["subject"] = [{"digest": {"sha256": digest}, "name": arrays.name}]
    manifest.write_text(json.dumps(statement))
    relock(root, name)


def relock(root: Path, name: str = "toy/powers") -> None:
    """The lock agrees with the manifest as it stands."""
    lock = json.loads((root / "lock.json").read_text())
    data = (root / f"{name}.json").read_bytes()
    lock[name]["sha256"] = hashlib.sha256(data).hexdigest()
    (root / "lock.json").write_text(json.dumps(lock))


def leaves(fields: Any, path: tuple = ()) -> list[tuple]:
    """The path of every field of a manifest, inner ones included."""
    if not isinstance(fields, dict):
        return []
    here = [(*path, key) for key in fields]
    return here + [leaf for at in here for leaf in leaves(fields[at[-1]], at)]


def edit(manifest: Path, path: tuple, *value: Any) -> None:
    """Set the field at a path, or remove it when no value is given."""
    statement = json.loads(manifest.read_text())
    place = statement
    for key in path[:-1]:
        place = place[key]
    if value:
        place[path[-1]] = value[0]
    else:
        del place[path[-1]]
    manifest.write_text(json.dumps(statement, indent=1))


def test_untouched_recordings_have_no_problems(root, toy):
    toy.load()
    assert recordings.problems(root) == []


@pytest.mark.parametrize("file", FILES)
def test_a_flipped_byte_anywhere_is_found(root, toy, file):
    path = root / file
    data = path.read_bytes()
    for at in np.linspace(0, len(data) - 1, 60).astype(int):
        for bit in (1, 128):
            flipped = bytearray(data)
            flipped[at] ^= bit
            path.write_bytes(flipped)
            says = f"{path.name}: its sha256.*git checkout"
            refused(root, toy, ChangedBytesError, says, 5 if "more" in file else 3)
    path.write_bytes(data)
    assert recordings.problems(root) == []


def test_a_flipped_byte_of_the_lock_is_found(root, toy):
    path = root / "lock.json"
    data = path.read_bytes()
    room = toy.load()
    for at in range(len(data)):
        flipped = bytearray(data)
        flipped[at] ^= 1
        path.write_bytes(flipped)
        assert recordings.problems(root), (at, bytes(flipped))
        with pytest.raises(RecordingError):
            for n in (3, 5):
                ask(room.powers, Recordings("toy", root=root), n=n)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("keep", [0.0, 0.5, 0.99])
def test_a_truncated_file_is_found(root, toy, file, keep):
    path = root / file
    data = path.read_bytes()
    path.write_bytes(data[: int(keep * len(data))])
    refused(root, toy, ChangedBytesError, path.name, 5 if "more" in file else 3)


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_found(root, toy, file):
    (root / file).unlink()
    request = 5 if "more" in file else 3
    refused(root, toy, MissingFileError, "locked, but not there", request)


def test_every_field_is_covered_by_the_lock(root, toy):
    manifest = root / "toy/powers.json"
    data = manifest.read_bytes()
    fields = leaves(json.loads(data))
    assert len(fields) > 40
    for path in fields:
        for value in ((), (None,), ("something else",)):
            manifest.write_bytes(data)
            edit(manifest, path, *value)
            refused(root, toy, ChangedBytesError, "powers.json: its sha256")


NEEDED = [
    "_type", "subject", "predicateType", "predicate",
    *(
        f"predicate.{path}"
        for path in (
            "question", "request", "notes", "answer", "answer.arrays", "answer.values",
            "model", "model.name", "model.revision", "model.digest",
            "device", "device.kind", "device.name",
            "versions", "versions.python", "versions.numpy", "versions.torch",
            "versions.transformers", "dtype", "attention", "batch_shape", "seconds",
            "recorded_at", "recorded_by", "published",
            "code", "code.module", "code.function", "code.sha256",
            "rehearsal", "rehearsal.model", "rehearsal.request", "rehearsal.arrays",
            "rehearsal.values", "rehearsal.rtol", "rehearsal.ignore",
        )
    ),
]


@pytest.mark.parametrize("path", NEEDED)
def test_a_missing_field_is_found_though_the_lock_agrees(root, toy, path):
    manifest = root / "toy/powers.json"
    data = manifest.read_bytes()
    for value in ((), (None,)):
        manifest.write_bytes(data)
        edit(manifest, tuple(path.split(".")), *value)
        relock(root)
        refused(root, toy, MissingFieldError, "powers.json: ")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("model.digest", "abc"), ("model.name", ""), ("seconds", 0), ("seconds", "1"),
        ("batch_shape", [1, "x"]), ("recorded_at", "yesterday"), ("device.name", 5),
        ("published", {}), ("published", [{"fact": "base-logits"}]),
        ("published", [{"fact": "base-logits", "difference": 0.3, "tolerance": 0.2}]),
        ("published", [{"fact": "base-logits", "difference": "0", "tolerance": "1"}]),
        ("model", "Seven"), ("versions", []), ("request", []), ("code", 3),
    ],
)
def test_a_field_of_another_kind_is_found_though_the_lock_agrees(root, toy, path, value):
    edit(root / "toy/powers.json", ("predicate", *path.split(".")), value)
    sign(root)
    toy.load()
    found = recordings.problems(root)
    assert found and isinstance(found[0], MissingFieldError), found


def test_a_comparison_with_an_unknown_fact_is_found(root, toy):
    entry = {"fact": "nonesuch", "difference": 0.1, "tolerance": 0.2}
    edit(root / "toy/powers.json", ("predicate", "published"), [entry])
    sign(root)
    toy.load()
    assert "nonesuch" in str(recordings.problems(root))


def test_other_arrays_are_found_though_every_digest_agrees(root, toy):
    path = root / "toy/powers.safetensors"
    arrays = load(path.read_bytes())
    for changed in (
        {k: a for k, a in arrays.items() if k != "powers"},
        arrays | {"more": np.zeros(2)},
        arrays | {"powers": arrays["powers"].astype(np.float32)},
        arrays | {"powers": arrays["powers"][:2]},
    ):
        path.write_bytes(save(changed))
        sign(root)
        refused(root, toy, WrongMeaningError, "declares arrays")


def test_no_safetensors_is_found_though_every_digest_agrees(root, toy):
    (root / "toy/powers.safetensors").write_bytes(b"\x80\x04N.")  # a pickle
    sign(root)
    refused(root, toy, ChangedBytesError, "powers.safetensors")


def test_numbers_that_contradict_each_other_are_found_though_every_digest_agrees(
    toy, known, tmp_path
):
    room, root = toy.load(), tmp_path / "recordings"
    recordings.record(
        "toy/guess", room.guess, {}, room.guess(1), known,
        recordings.Rehearsal(room.small, {}), root=root,
    )
    path = root / "toy/guess.safetensors"
    wrong = {"top_probabilities": np.array([0.9, 0.2])}
    path.write_bytes(save(load(path.read_bytes()) | wrong))
    sign(root, "toy/guess")
    with pytest.raises(WrongMeaningError, match="guess.json.*at most 1"):
        ask(room.guess, Recordings("toy", root=root))


@pytest.mark.parametrize(
    "suffixes", [(".json",), (".safetensors",), (".json", ".safetensors")]
)
def test_swapped_recordings_are_found(root, toy, suffixes):
    for suffix in suffixes:
        swap(root / f"toy/powers{suffix}", root / f"toy/more{suffix}")
    refused(root, toy, ChangedBytesError, "its sha256")


def swap(a: Path, b: Path) -> None:
    part = a.with_name("part")
    a.rename(part)
    b.rename(a)
    part.rename(b)


def test_swapped_recordings_are_found_though_the_lock_agrees(root, toy):
    for suffix in (".json", ".safetensors"):
        swap(root / f"toy/powers{suffix}", root / f"toy/more{suffix}")
    lock = json.loads((root / "lock.json").read_text())
    lock["toy/powers"], lock["toy/more"] = lock["toy/more"], lock["toy/powers"]
    (root / "lock.json").write_text(json.dumps(lock))
    refused(root, toy, ChangedBytesError, "is another recording")


def test_swapped_lock_entries_are_found(root, toy):
    lock = json.loads((root / "lock.json").read_text())
    lock["toy/powers"], lock["toy/more"] = lock["toy/more"], lock["toy/powers"]
    (root / "lock.json").write_text(json.dumps(lock))
    refused(root, toy, ChangedBytesError, "its sha256")


@pytest.mark.parametrize(
    ("old", "new"),
    [("FACTOR * model", "FACTOR + model"), ("FACTOR = 2", "FACTOR = 3"),
     ("out[-1] * model", "model * out[-1]")],
    ids=["itself", "a constant", "a helper"],
)
def test_a_changed_function_is_found(root, toy, old, new):
    toy.edit(old, new)
    refused(root, toy, ChangedCodeError, "mlph recordings accept toy/powers --because")


def test_a_function_of_the_same_name_elsewhere_is_found(root, toy):
    other = toy.file.with_name("other.py")
    other.write_text(toy.file.read_text())
    from mlph_lib import other as room

    with pytest.raises(ChangedCodeError, match="mlph_lib.other.powers"):
        ask(room.powers, Recordings("toy", root=root))


def test_a_removed_lock_entry_is_found(root, toy):
    lock = json.loads((root / "lock.json").read_text())
    del lock["toy/powers"]
    (root / "lock.json").write_text(json.dumps(lock))
    with pytest.raises(UnknownRequestError):
        ask(toy.load().powers, Recordings("toy", root=root))
    strangers = recordings.problems(root)
    assert [type(p) for p in strangers[:2]] == [UnlockedFileError, UnlockedFileError]
    assert "toy/powers.json: the lock names no such file" in str(strangers[0])


@pytest.mark.parametrize(
    "name", ["toy/extra.json", "toy/powers.pkl", "other/a.safetensors", "notes.txt",
             "toy/.powers.json.12.part", "transcripts/a.txt"]
)
def test_a_file_that_is_not_locked_is_found(root, toy, name):
    toy.load()
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_text("{}")
    assert [type(problem) for problem in recordings.problems(root)] == [UnlockedFileError]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"toy/powers": {}}', '{"toy/powers": {"sha256": "x"}}',
     '{"../powers": {"sha256": "%s"}}' % (64 * "0")],
)
def test_a_damaged_lock_is_found(root, toy, text):
    (root / "lock.json").write_text(text)
    refused(root, toy, ChangedBytesError, "lock.json.*git checkout")


def test_a_missing_lock_is_found(root, toy):
    (root / "lock.json").unlink()
    refused(root, toy, MissingFileError, "lock.json: no lock")


def test_two_recordings_of_one_request_are_found(root, toy):
    for suffix in (".json", ".safetensors"):
        shutil.copy(root / f"toy/powers{suffix}", root / f"toy/again{suffix}")
    edit(root / "toy/again.json", ("predicate", "recording"), "toy/again")
    lock = json.loads((root / "lock.json").read_text())
    (root / "lock.json").write_text(json.dumps(lock | {"toy/again": lock["toy/powers"]}))
    sign(root, "toy/again")
    toy.load()
    assert "two recordings of one request" in str(recordings.problems(root))

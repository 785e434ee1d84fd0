"""Recording asks for everything, and writes all or nothing."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest

from mlph_lib import recordings
from mlph_lib.recordings import (
    MissingFieldError,
    RecordingError,
    Rehearsal,
    WrongMeaningError,
    record,
    store,
)
from mlph_lib.recordings.manifest import PROVENANCE


def files(folder: Path) -> dict[str, bytes]:
    return {str(f): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def test_two_files_and_an_entry_in_the_lock(store_one, tmp_path):
    path = store_one()
    assert path == tmp_path / "recordings/toy/powers.json"
    names = [f.name for f in sorted((tmp_path / "recordings").rglob("*")) if f.is_file()]
    assert names == ["lock.json", "powers.json", "powers.safetensors"]
    assert recordings.names(tmp_path / "recordings") == ["toy/powers"]


def test_the_same_answer_is_the_same_bytes(store_one, tmp_path):
    store_one()
    first = files(tmp_path / "recordings")
    for name in first:
        Path(name).unlink()
    store_one()
    assert files(tmp_path / "recordings") == first


@pytest.mark.parametrize("path", PROVENANCE)
def test_a_field_that_is_missing_stops_before_anything_is_written(
    toy, known, tmp_path, path
):
    room, (first, _, second) = toy.load(), path.partition(".")
    for gone in (True, False):
        facts = copy.deepcopy(known)
        place, key = (facts[first], second) if second else (facts, first)
        if gone:
            del place[key]
        else:
            place[key] = None
        with pytest.raises(MissingFieldError, match=path):
            record("toy/a", room.powers, {}, room.powers(7.0), facts,
                   Rehearsal(room.small, {}), root=tmp_path / "recordings")
    assert files(tmp_path / "recordings") == {}


def test_an_answer_that_contradicts_itself_is_not_written(toy, known, tmp_path):
    room = toy.load()
    wrong = {"prompt": "", "top_probabilities": np.array([0.9, 0.2])}
    with pytest.raises(WrongMeaningError, match="at most 1"):
        record("toy/a", room.guess, {}, wrong, known, Rehearsal(room.small, {}),
               root=tmp_path / "recordings")
    assert files(tmp_path / "recordings") == {}


@pytest.mark.parametrize(
    "name",
    ["powers", "toy/powers/more", "../toy/powers", "toy/Powers", "toy/.a", "/a/b", ""],
)
def test_names_are_source_and_name(toy, known, tmp_path, name):
    room = toy.load()
    with pytest.raises(RecordingError, match="expected a name such as"):
        record(name, room.powers, {}, room.powers(7.0), known, Rehearsal(room.small, {}),
               root=tmp_path / "recordings")


def test_functions_that_cannot_be_found_again_are_refused(toy, known, tmp_path):
    room = toy.load()
    pairs = (lambda m: room.powers(m), room.small), (room.powers, lambda: 1)
    for question, small in pairs:
        with pytest.raises(RecordingError, match="at the top of a module"):
            record("toy/a", question, {}, room.powers(7.0), known, Rehearsal(small, {}),
                   root=tmp_path / "recordings")
    assert files(tmp_path / "recordings") == {}


def test_what_is_there_is_replaced_only_on_demand(root, toy, known):
    room, before = toy.load(), files(root)
    made = (room.powers, {"n": 3}, room.powers(2.0), known, Rehearsal(room.small, {}))
    with pytest.raises(RecordingError, match="replace=True"):
        record("toy/powers", *made, root=root)
    assert files(root) == before
    record("toy/powers", *made, root=root, replace=True)
    answer = recordings.ask(room.powers, recordings.Recordings("toy", root=root))
    assert answer["powers"].tolist() == [1, 2, 4]
    assert recordings.problems(root) == []


@pytest.mark.parametrize("survivors", [0, 1, 2])
def test_an_interruption_leaves_no_part_and_nothing_locked(
    root, store_one, monkeypatch, survivors
):
    replace, count = Path.replace, iter(range(9))

    def interrupted(self, target):
        if next(count) == survivors:
            raise KeyboardInterrupt
        return replace(self, target)

    monkeypatch.setattr(store.Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store_one("toy/new", n=4)
    monkeypatch.undo()
    assert not list(root.rglob("*.part"))
    assert recordings.names(root) == ["toy/more", "toy/powers"]

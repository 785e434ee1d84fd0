"""Replayed is what was recorded, and only to exactly that question and request."""

from __future__ import annotations

import numpy as np
import pytest

from mlph_lib.recordings import (
    NotRecordedError,
    RecordingError,
    Recordings,
    UnknownRequestError,
    ask,
)


def test_a_replayed_answer_is_the_live_one(root, toy):
    room = toy.load()
    for request in ({}, {"n": 3}, {"n": 5}):
        live = ask(room.powers, 7.0, **request)
        replayed = ask(room.powers, Recordings("toy", root=root), **request)
        assert replayed.keys() == live.keys()
        assert np.array_equal(replayed["powers"], live["powers"])
        assert replayed["powers"].dtype == live["powers"].dtype
        assert (replayed["twice"], replayed["said"]) == (live["twice"], live["said"])
        assert isinstance(replayed, dict) and {**replayed}.keys() == live.keys()


def test_an_answer_belongs_to_whoever_asked(root, toy):
    room, toys = toy.load(), Recordings("toy", root=root)
    ask(room.powers, toys)["powers"][0] = 99
    assert ask(room.powers, toys)["powers"][0] == 1


@pytest.mark.parametrize("request_", [{"n": 4}, {"n": 3.5}, {"n": "3"}, {"n": None}])
def test_an_unknown_request_is_an_error_and_records_nothing(root, toy, request_):
    before = sorted(root.rglob("*"))
    with pytest.raises(UnknownRequestError, match="powers.*mlph record toy"):
        ask(toy.load().powers, Recordings("toy", root=root), **request_)
    assert sorted(root.rglob("*")) == before


def test_an_unknown_question_or_argument_is_an_error(root, toy):
    room, toys = toy.load(), Recordings("toy", root=root)
    with pytest.raises(UnknownRequestError, match=r"guess\(\{'prompt': ''\}\)"):
        ask(room.guess, toys)
    with pytest.raises(RecordingError, match="powers: .*'m'"):
        ask(room.powers, toys, m=3)


def test_an_unknown_source_or_kind_is_an_error(root):
    with pytest.raises(UnknownRequestError, match="nothing is recorded of 'to'"):
        Recordings("to", root=root)
    with pytest.raises(RecordingError, match="measured or transcribed"):
        Recordings("toy", "guessed", root=root)


def test_what_was_not_recorded_is_said_and_never_filled_in(root, toy):
    answer = ask(toy.load().powers, Recordings("toy", root=root))
    with pytest.raises(NotRecordedError, match="'logits' is not recorded in toy/powers"):
        answer["logits"]
    with pytest.raises(KeyError):
        answer["logits"]
    assert answer.get("logits") is None and "logits" not in answer


def test_the_provenance_says_what_model_what_device_when_by_whom(root, toy):
    answer = ask(toy.load().powers, Recordings("toy", root=root))
    assert str(answer.provenance) == (
        "Replayed. Model: Seven, float16. Device: GPU 9000. "
        "When: 2026-01-02T03:04:05+00:00. By: someone."
    )
    assert answer.provenance.recording == "toy/powers"
    assert answer.provenance.kind == "measured"


def test_finding_a_recording(root, toy):
    room, toys = toy.load(), Recordings("toy", root=root)
    assert toys.find(room.powers, n=5) == "toy/more"
    assert toys.find(room.powers, n=6) is None
    assert toys.names() == ["toy/more", "toy/powers"]


def test_the_folder_is_found_from_inside_the_checkout(root, toy, monkeypatch):
    deep = root.parent / "book" / "part"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert Recordings("toy").names() == ["toy/more", "toy/powers"]
    monkeypatch.chdir("/")
    with pytest.raises(RecordingError, match="expected a checkout"):
        Recordings("toy")

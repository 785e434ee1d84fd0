"""What a recording may hold, and how a request is written out."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mlph_lib.recordings import RecordingError
from mlph_lib.recordings.plain import as_json, dump, full_request, split


def greedy(lm, prompt="", max_new_tokens=30):
    """A question."""


@pytest.mark.parametrize(
    "request_",
    [{}, {"prompt": ""}, {"max_new_tokens": np.int64(30)},
     {"max_new_tokens": 30, "prompt": ""}],
)
def test_defaults_count_as_given(request_):
    assert full_request(greedy, request_) == {"prompt": "", "max_new_tokens": 30}


@pytest.mark.parametrize(
    ("request_", "says"),
    [({"promt": ""}, "greedy: .*promt"), ({"lm": 3}, "multiple values"),
     ({"prompt": b""}, "greedy.prompt: expected JSON.*got bytes")],
)
def test_a_request_that_does_not_fit_is_refused(request_, says):
    with pytest.raises(RecordingError, match=says):
        full_request(greedy, request_)


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), {1: "a"}, {"a": {1, 2}}, object(), [b""]]
)
def test_what_json_would_lose_is_refused(value):
    with pytest.raises(RecordingError, match="value"):
        as_json(value)


def test_the_bytes_are_a_function_of_the_value():
    a, b = {"x": 1, "ä": [0.1, None, True]}, {"ä": [0.1, None, True], "x": 1}
    assert dump(a) == dump(b) and json.loads(dump(a)) == a
    assert "ä".encode() in dump(a) and dump(a).endswith(b"}\n")


def test_arrays_are_parted_from_values():
    arrays, values = split({"ids": np.arange(2), "n": np.int64(3), "t": ("a", "b")})
    assert list(arrays) == ["ids"] and values == {"n": 3, "t": ["a", "b"]}
    assert isinstance(values["n"], int)


@pytest.mark.parametrize("values", [["text"], [object()], [1j]])
def test_arrays_that_would_need_pickle_are_refused(values):
    with pytest.raises(RecordingError, match="expected an array of numbers"):
        split({"a": np.array(values)})

"""Boxes for answers: what the script says to right, wrong and no answers."""

from __future__ import annotations

import pytest
from mlph_lib.page import choose, try_number
from mlph_lib.page.quiz import Box

@pytest.fixture
def shown(monkeypatch) -> list[Box]:
    boxes: list[Box] = []
    monkeypatch.setattr("mlph_lib.page.quiz.display", boxes.append)
    return boxes


@pytest.fixture
def said(shown, answered):
    """(values of elements) -> what the last box says to them."""
    return lambda **values: answered(shown[-1].markup, values)


@pytest.mark.parametrize("typed", ["0.5", " 0.51", "1/2", "0,5", "5e-1", "2 / 4"])
def test_a_number_near_enough_is_right(said, typed):
    try_number("k", 0.5, within=0.01, label="Half of 1 is")
    assert said(x={"value": typed}) == "✓ Right."


def test_a_minus_sign_of_print_is_one(said):
    try_number("k", -2.0, within=1e-9, label="1 - 3 is")
    assert said(x={"value": "−2"}) == "✓ Right."


@pytest.mark.parametrize("typed", ["0.52", "0.489", "-0.5", "2/1", "0"])
def test_another_number_is_not(said, typed):
    try_number("k", 0.5, within=0.01, label="Half of 1 is")
    assert said(x={"value": typed}).startswith("✗ Not this.")


@pytest.mark.parametrize("typed", ["", "  ", "half", "1/2/3", "1/0", "0.5x"])
def test_what_is_no_number_is_asked_again(said, typed):
    try_number("k", 0.5, within=0.01, label="Half of 1 is")
    assert said(x={"value": typed}) == "Please write a number."


@pytest.mark.parametrize(
    ("picked", "told"),
    [(0, "✗ Not this."), (1, "✓ Right."), (2, "✗ Not this."), (None, "Please choose")],
)
def test_one_option_is_right(said, picked, told):
    choose("k", ["one", "two", "three"], 1, label="1 + 1 is")
    fields = {} if picked is None else {str(picked): {"checked": True}}
    assert said(**fields).startswith(told)


def test_every_form_holds_the_answer(shown, taken_apart):
    choose("k", ["a < b", "a > b"], 0, label="a = 1, b = 2", why="1 is less.")
    try_number("n", -0.25, within=0.01, label="x =", fmt="{:.2f}")
    first, second = shown
    assert first._repr_mimebundle_()["text/markdown"] == "*Answer: a < b. 1 is less.*"
    assert repr(second) == "Answer: −0.25"
    for box in shown:
        page = taken_apart(box.markup)
        assert page.by_id[("k" if box is first else "n") + "-box"]["hidden"] is None
        assert not page.open
    assert "a < b. 1 is less." in "".join(taken_apart(first.markup).texts["details"])


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: try_number("A", 1.0, within=1.0, label="x"),
        lambda: try_number("a", float("nan"), within=1.0, label="x"),
        lambda: try_number("a", 1.0, within=0.0, label="x"),
        lambda: try_number("a", 1.0, within=1.0, label=" "),
        lambda: choose("a", ["one"], 0, label="x"),
        lambda: choose("a", ["one", "one"], 0, label="x"),
        lambda: choose("a", ["one", "two"], 2, label="x"),
        lambda: choose("a", ["one", "two"], -1, label="x"),
        lambda: choose("a", ["one", ""], 0, label="x"),
    ],
)
def test_bad_boxes_are_refused(wrong, shown):
    with pytest.raises(ValueError):
        wrong()
    assert not shown

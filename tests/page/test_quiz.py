"""Boxes for answers: what the script says to right, wrong and no answers."""

from __future__ import annotations

import pytest
from mlph_lib.page import choose, try_number
from mlph_lib.page.quiz import TURNED, Box


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
    asked, _, answered = first._repr_mimebundle_()["text/markdown"].split("\n\n", 2)
    assert asked == r"a \= 1\, b \= 2"
    assert answered == f"{TURNED}\n\n" + r"Answer: a \< b\. 1 is less\."
    assert repr(second) == "Answer: −0.25"
    for box in shown:
        assert not taken_apart(box.markup).open
    assert "a < b. 1 is less." in "".join(taken_apart(first.markup).texts["details"])


def test_a_full_stop_is_not_doubled(shown):
    choose("k", ["b.", "a."], 0, label="It spells", why="See above.")
    assert repr(shown[-1]) == "Answer: b. See above."


def test_without_scripts_the_question_is_read_and_no_input_is_dead(shown, taken_apart):
    choose("k", ["a < b", "a > b"], 0, label="a = 1, b = 2")
    try_number("k", 0.5, within=0.01, label="Half of 1 is")
    for box, count in zip(shown, (3, 2), strict=True):
        page = taken_apart(box.markup)
        inputs = [fields for tag, fields in page.tags if tag in ("input", "button")]
        assert len(inputs) == count and all("hidden" in fields for fields in inputs)
        named = [fields for tag, fields in page.tags if tag in ("label", "legend")]
        assert named and not any("hidden" in fields for fields in named)


@pytest.mark.parametrize(("answer", "mode"), [(0.5, "decimal"), (-0.5, "text")])
def test_a_phone_offers_a_minus_sign_where_it_is_needed(
    shown, taken_apart, answer, mode
):
    try_number("k", answer, within=0.01, label="It is")
    assert taken_apart(shown[-1].markup).by_id["k-x"]["inputmode"] == mode


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

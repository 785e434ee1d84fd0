import ast

import numpy as np
import pytest
from mlph_lib.page import CheckError, check, number, numbers


@pytest.fixture
def glued(monkeypatch):
    seen = {}
    monkeypatch.setattr(
        numbers, "glue", lambda key, value, display: seen.update({key: ast.literal_eval(repr(value))})
    )
    return seen


def test_a_false_claim_raises_with_its_words():
    check("one is one", np.bool_(True))
    with pytest.raises(CheckError, match="pigs fly"):
        check("pigs fly", False)
    with pytest.raises(ValueError):
        check("an array has no truth", np.array([True, False]))


@pytest.mark.parametrize(
    ("value", "fmt", "text"),
    [
        (1.5e-12, "{:.1e}", "1.5 × 10⁻¹²"),
        (2e10, "{:.0e}", "2 × 10¹⁰"),
        (-0.25, "{:.2f}", "−0.25"),
        (0.004, "{:.4f}", "0.0040"),
        (10000, "{:,}", "10,000"),
        (0.5, "{:.0%}", "50%"),
        ("three samples", "{}", "three samples"),
    ],
)
def test_numbers_are_formatted_once(glued, value, fmt, text):
    number("key", value, fmt)
    assert glued == {"key": text}


@pytest.mark.parametrize(
    ("value", "bounds", "says"),
    [
        (1.0, {"below": 1.0}, "below 1.0, got 1.0"),
        (1.0, {"above": 1.0}, "above 1.0, got 1.0"),
        (1.1, {"equals": 1.0}, "expected 1.0 within 0"),
        (1.1, {"equals": 1.0, "tol": 0.09}, "within 0.09"),
        (float("nan"), {}, "finite"),
        (float("inf"), {"above": 0}, "finite"),
        ("text", {"below": 1}, "needs a number"),
    ],
)
def test_a_broken_bound_raises_and_glues_nothing(glued, value, bounds, says):
    with pytest.raises(CheckError, match=says):
        number("key", value, **bounds)
    assert glued == {}


def test_bounds_that_hold(glued):
    number("key", 1.05, "{:.2f}", below=1.1, above=1.0, equals=1.0, tol=0.06)
    assert glued == {"key": "1.05"}

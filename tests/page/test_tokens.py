"""Surprise in bits, and levels that can be read in both themes and without colour."""

import math

import numpy as np
import pytest
from mlph_lib.page.tokens import LEVELS, Token, check_samples, level_of, tokens_of


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p < 0.0405 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear))


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_the_measure_of_contrast_itself():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_letters_stand_out_from_every_wash(theme):
    pairs = [getattr(level, theme) for level in LEVELS[1:]]
    assert all(contrast(*pair) >= 4.5 for pair in pairs)
    grounds = [luminance(ground) for ground, _ in pairs]
    assert grounds == sorted(grounds, reverse=theme == "light"), "one scale, one way"


def test_colour_is_never_alone():
    lines = [level.line for level in LEVELS]
    assert lines == sorted(lines)
    looks = [(level.line, level.bold) for level in LEVELS[1:]]
    assert len(set(looks)) == len(looks)
    assert all(level.bold == (level.start >= 8) for level in LEVELS)


@pytest.mark.parametrize(
    ("bits", "level"),
    [(-1e-9, 0), (0, 0), (0.99, 0), (1, 1), (2, 2), (7.9, 3), (8, 4), (12, 5), (99, 5)],
)
def test_levels_begin_where_they_say(bits, level):
    assert level_of(bits) == level


def test_samples_of_an_answer_end_where_it_says():
    rng = np.random.default_rng(1)
    p = rng.uniform(0.01, 1, (3, 4))
    p[0, 2:] = np.nan
    answer = {
        "ids": np.array([[7, 2, -1, -1], [7, 9, 9, 7], [9, 9, 9, 2]]),
        "lengths": np.array([2, 4, 4]),
        "log_probabilities": np.log(p),
        "used_ids": np.array([2, 7, 9]),
        "used_pieces": ["</s>", "▁a", "b"],
    }
    samples = tokens_of(answer)
    assert [[piece for piece, _ in sample] for sample in samples] == [
        ["▁a", "</s>"], ["▁a", "b", "b", "▁a"], ["b", "b", "b", "</s>"],
    ]  # fmt: skip
    for sample, row in zip(samples, p):
        assert [2**-bits for _, bits in sample] == pytest.approx(row[: len(sample)])
    check_samples(samples)


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        ([], "got 0 samples"),
        ([[Token("a", 1.0)], []], r"empty ones: \[1\]"),
        ([[Token("a", math.nan)]], "sample 0: expected a surprise"),
        ([[Token("a", math.inf)]], "got inf"),
        ([[Token("a", -0.1)]], "for the piece 'a'"),
    ],
)
def test_what_cannot_be_coloured(samples, words):
    with pytest.raises(ValueError, match=words):
        check_samples(samples)

"""The Random Hierarchy Model: its grammar, its exact entropy, its errors."""

import numpy as np
import pytest

from mlph_lib.pretraining.languages import random_hierarchy


@pytest.mark.parametrize("v, m, s, depth", [(8, 2, 2, 6), (5, 5, 2, 3), (3, 4, 3, 2)])
def test_every_text_has_the_same_probability(v, m, s, depth):
    language = random_hierarchy(v, m, s, depth, seed=0)
    x = language.sample(30, s**depth, np.random.default_rng(0))
    rewritten = (s**depth - 1) // (s - 1)
    expected = np.log(v) + rewritten * np.log(m)
    np.testing.assert_allclose(-language.log_prob(x), expected, rtol=1e-12)
    assert language.entropy == pytest.approx(expected, rel=1e-12)


def test_no_two_symbols_are_written_alike():
    language = random_hierarchy(4, 4, 2, 3, seed=0)  # v m = v^s: every tuple is used
    for rule in language.rules:
        assert len({tuple(way) for way in rule.reshape(16, 2).tolist()}) == 16
    assert language.rules.shape == (3, 4, 4, 2)


def test_the_seed_decides_alone():
    a, b, c = (random_hierarchy(8, 2, 2, 3, seed) for seed in (1, 1, 2))
    assert np.array_equal(a.rules, b.rules) and not np.array_equal(a.rules, c.rules)
    assert not np.array_equal(a.rules[0], a.rules[1])


def test_the_length_is_fixed():
    language = random_hierarchy(3, 2, 2, 2, seed=0)
    with pytest.raises(ValueError, match="has 4 tokens, got 5"):
        language.sample(1, 5, np.random.default_rng(0))
    with pytest.raises(ValueError, match="has 4 tokens, got 2"):
        language.log_prob([[0, 1]])
    with pytest.raises(ValueError, match="has 4 tokens, got 3"):
        language.next_token([[0, 1, 2]])


def test_an_impossible_text_has_no_conditional_laws():
    language = random_hierarchy(8, 2, 2, 2, seed=0)
    texts = np.random.default_rng(0).integers(8, size=(200, 4))
    wrong = texts[np.isneginf(language.log_prob(texts))]
    assert len(wrong) > 100
    with pytest.raises(ValueError, match="probability 0"):
        language.next_token(wrong)


@pytest.mark.parametrize(
    "bad, words",
    [
        ((4, 5, 2, 1), r"20 different tuples.*4\^2 = 16"),
        ((1, 1, 2, 1), "v=1"),
        ((3, 0, 2, 1), "m=0"),
        ((3, 1, 1, 1), "s=1"),
        ((3, 1, 2, 0), "depth=0"),
    ],
)
def test_parameters(bad, words):
    with pytest.raises(ValueError, match=words):
        random_hierarchy(*bad, seed=0)

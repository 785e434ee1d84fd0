"""Arithmetic sampling against full enumeration in rationals; long texts; refusals."""

import time
from bisect import bisect_right
from fractions import Fraction
from random import Random

import numpy as np
import pytest

from mlph_lib.decoding import (
    ancestral,
    arithmetic_code,
    arithmetic_sample,
    shortest_code,
    token_law,
)
from mlph_lib.goodness import dkw_test_ids

RNG = np.random.default_rng
REMOVED = -np.inf


def rational_law(logits):
    """The float64 softmax, each value exact, over their exact sum."""
    exact = [Fraction(p) for p in token_law(logits).tolist()]
    return [p / sum(exact) for p in exact]


def enumeration(next_logits, longest, eos, text=(), mass=Fraction(1)):
    """(text, P(text)) of every text of positive probability, in the order of ids."""
    if text[-1:] == (eos,) or len(text) == longest:
        yield list(text), mass
        return
    for token, p in enumerate(rational_law(next_logits(list(text)))):
        if p:
            yield from enumeration(next_logits, longest, eos, (*text, token), mass * p)


def cells(next_logits, longest, eos):
    """[(text, low, width)] by summing the probabilities of all the texts before."""
    low, found = Fraction(0), []
    for text, mass in enumeration(next_logits, longest, eos):
        found.append((text, low, mass))
        low += mass
    assert low == 1
    return found


LANGUAGES = [
    *((size, seed, 2.0, 0.0) for size in (2, 3, 5) for seed in (0, 1)),
    (4, 2, 2.0, 0.4),
    (3, 3, 30.0, 0.0),  # probabilities down to 1e-40
    (3, 4, 400.0, 0.3),  # subnormal and zero ones
]


@pytest.mark.parametrize("eos", [0, 1, None])
@pytest.mark.parametrize("parameters", LANGUAGES, ids=str)
def test_full_enumeration(language, parameters, eos):
    f = language(*parameters)
    expected = cells(f, 4, eos)
    texts = [text for text, _, _ in expected]
    assert texts == sorted(texts)
    for text, low, width in expected:
        assert arithmetic_code(f, text) == (low, width)
        last = low + width * Fraction(2**200 - 1, 2**200)
        for u in (low, low + width / 2, last):
            assert arithmetic_sample(f, u, 4, eos) == text
    for (_, low, width), text in zip(expected, texts[1:], strict=False):
        assert arithmetic_sample(f, low + width, 4, eos) == text
    # Any u, exact or float, in the order of the numbers.
    lows = [low for _, low, _ in expected]
    for u in [*RNG(0).random(20).tolist(), Fraction(1, 3), Fraction(2, 7), 0, 0.5]:
        assert arithmetic_sample(f, u, 4, eos) == texts[bisect_right(lows, u) - 1]


def test_these_languages_have_what_they_are_for(language):
    laws = [token_law(language(*p)([])) for p in LANGUAGES]
    assert any((law == 0).any() for law in laws)
    masses = [mass for _, mass in enumeration(language(3, 3, 30.0), 4, None)]
    assert 0 < min(masses) < Fraction(1, 10**40)


def test_probabilities_are_normalised_by_their_exact_sum():
    # Ten times float(0.1) is more than 1: without the exact sum cells would overlap.
    assert sum([Fraction(0.1)] * 10) > 1
    for v in range(10):
        cell = Fraction(v, 10), Fraction(1, 10)
        assert arithmetic_code(lambda tokens: np.zeros(10), [v]) == cell


def test_subnormal_and_certain_probabilities():
    def f(tokens):
        return np.array([REMOVED, 0.0, -744.0, -800.0])

    low, width = arithmetic_code(f, [2])
    one, least = Fraction(1), Fraction(float(token_law(f([]))[2]))
    assert 0 < least < Fraction(1, 10**320)
    assert (low, width) == (one / (one + least), least / (one + least))
    assert arithmetic_sample(f, low, 1, None) == [2]
    assert arithmetic_sample(f, 1 - 2**-53, 5, None) == [1] * 5
    assert arithmetic_code(lambda tokens: np.array([REMOVED, 3.0]), [1, 1]) == (0, 1)


def test_no_tokens_have_the_whole_interval():
    assert arithmetic_code(lambda tokens: np.zeros(2), []) == (0, 1)


def test_a_float_is_taken_exactly(language):
    f = language(5, 7)
    for u in (0.1, np.float64(0.1), np.float32(0.1), np.float16(0.1)):
        exact = Fraction(*u.as_integer_ratio())
        tokens = arithmetic_sample(f, exact, 60, None)
        assert arithmetic_sample(f, u, 60, None) == tokens
    texts = [arithmetic_sample(f, u, 60, None) for u in (0.1, Fraction(1, 10))]
    assert texts[0] != texts[1]


@pytest.mark.parametrize("size", [2, 40, 4096])
def test_long_texts_there_and_back(size):
    # 300 tokens of a random language, u with 20,000 random bits.
    f = markov(size)
    random = Random(size)
    u = Fraction(random.getrandbits(20_000), 2**20_000)
    tokens = arithmetic_sample(f, u, 300, None)
    low, width = arithmetic_code(f, tokens)
    assert len(tokens) == 300 and low <= u < low + width
    inside = low + width * Fraction(random.getrandbits(64), 2**64)
    for code in (low, inside, shortest_code(low, width)):
        assert arithmetic_sample(f, code, 300, None) == tokens
    assert arithmetic_sample(f, low + width, 300, None) > tokens
    if size == 4096:
        assert width < Fraction(1, 2**1000), "far beyond any float"


def markov(size):
    def next_logits(tokens):
        return RNG([size, *tokens[-2:]]).normal(0.0, 3.0, size)

    return next_logits


def test_256_tokens_of_4096_take_seconds_at_most():
    # 0.5 s on one idle core; the bound leaves room for a busy machine.
    table = RNG(0).normal(0.0, 5.0, (16, 4096))
    start = time.process_time()
    tokens = arithmetic_sample(lambda t: table[len(t) % 16], 0.37, 256, None)
    assert len(tokens) == 256 and time.process_time() - start < 5


def float_walk(next_logits, u, n):
    """The same rule in float64, as published code does it."""
    tokens = []
    for _ in range(n):
        law = token_law(next_logits(tokens))
        cdf = np.concatenate([[0.0], np.cumsum(law)])
        token = min(int(np.searchsorted(cdf, u, side="right")) - 1, law.size - 1)
        u = (u - cdf[token]) / law[token]
        tokens.append(token)
    return tokens


def test_the_twin_in_float64_leaves_the_path_after_about_53_bits():
    f, bits = markov(40), []
    for u in RNG(1).random(20).tolist():
        exact, rounded = arithmetic_sample(f, u, 60, None), float_walk(f, u, 60)
        same = next(t for t in range(60) if exact[t] != rounded[t])
        width = arithmetic_code(f, exact[: same + 1])[1]
        bits.append(width.denominator.bit_length() - width.numerator.bit_length())
    assert min(bits) > 35 and max(bits) < 75


def test_one_token_is_ancestral_sampling(language):
    class Uniform(np.random.Generator):
        def __init__(self, u):
            super().__init__(np.random.PCG64(0))
            self.u = u

        def random(self):
            return self.u

    for seed in range(300):
        logits, u = language(50, seed)([]), float(RNG(seed).random())
        expected = ancestral(logits, Uniform(u))
        assert arithmetic_sample(lambda t, z=logits: z, u, 1, None) == [expected]


def test_sampled_texts_have_their_probabilities(language):
    # False-fail rate 1e-9; a text whose probability is off by 0.19 is seen as surely.
    f = language(3, 5)
    texts, masses = zip(*enumeration(f, 3, 1), strict=True)
    drawn = [arithmetic_sample(f, u, 3, 1) for u in RNG(9).random(5_000).tolist()]
    ids = [texts.index(text) for text in drawn]
    law = [float(mass) for mass in masses]
    assert (result := dkw_test_ids(ids, law)), result
    other = [float(mass) for _, mass in enumeration(language(3, 6), 3, 1)]
    assert not dkw_test_ids(ids, other)


def test_it_stops_at_eos_and_at_the_length():
    f = [np.log([0.5, 0.25, 0.25])] * 9
    assert arithmetic_sample(lambda t: f[len(t)], 0.99, 9, 2) == [2]
    assert arithmetic_sample(lambda t: f[len(t)], 0.99, 4, None)[0] == 2
    assert arithmetic_sample(lambda t: f[len(t)], 0.0, 4, 2) == [0] * 4


def test_next_logits_may_change_its_argument(language):
    def f(tokens):
        logits = language(4, 8)(tokens)
        tokens.clear()
        return logits

    tokens = arithmetic_sample(f, 0.3, 20, None)
    assert tokens == arithmetic_sample(language(4, 8), 0.3, 20, None)
    assert arithmetic_code(f, tokens) == arithmetic_code(language(4, 8), tokens)


@pytest.mark.parametrize(
    ("u", "error", "words"),
    [
        *((u, ValueError, r"u must lie in \[0, 1\)") for u in (1.0, -1e-9, 2)),
        *((u, ValueError, f"got {u}") for u in (float("nan"), float("inf"))),
        (Fraction(3, 2), ValueError, "got 3/2"),
        *((u, TypeError, "a Fraction or a float") for u in ("0.5", None, 0.5j, [0.5])),
    ],
)
def test_bad_codes(u, error, words):
    with pytest.raises(error, match=words):
        arithmetic_sample(lambda tokens: np.zeros(2), u, 3, None)


@pytest.mark.parametrize(
    ("tokens", "error", "words"),
    [
        ([0, 3], ValueError, "token 3 at position 1 .* vocabulary of 3 tokens, 0 to 2"),
        ([-1], ValueError, "token -1 at position 0 lies outside"),
        ([0, 0, 1], ValueError, "token 1 at position 2 has probability zero"),
        ([2], ValueError, "token 2 at position 0 has probability zero"),
        ([0.0], TypeError, "must be integers, got 0.0 at position 0"),
    ],
)
def test_bad_tokens(tokens, error, words):
    with pytest.raises(error, match=words):
        arithmetic_code(lambda tokens: np.array([0.0, REMOVED, -800.0]), tokens)


def test_bad_lengths_and_logits():
    with pytest.raises(ValueError, match="max_new_tokens must be at least 1, got 0"):
        arithmetic_sample(lambda tokens: np.zeros(2), 0.5, 0, None)
    with pytest.raises(TypeError, match="max_new_tokens must be an integer, got 2.5"):
        arithmetic_sample(lambda tokens: np.zeros(2), 0.5, 2.5, None)
    for logits in (np.array([0.0, np.nan]), np.full(2, REMOVED), np.zeros((1, 2))):
        with pytest.raises(ValueError, match="logit"):
            arithmetic_sample(lambda tokens, z=logits: z, 0.5, 3, None)
        with pytest.raises(ValueError, match="logit"):
            arithmetic_code(lambda tokens, z=logits: z, [0])

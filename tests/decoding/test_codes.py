"""Codes: lattices that are uniform and spread; bits that name a text."""

from collections import Counter
from fractions import Fraction
from math import ceil, floor, log2

import numpy as np
import pytest

from mlph_lib.decoding import (
    arithmetic_code,
    arithmetic_sample,
    code_bits,
    lattice_codes,
    shortest_code,
)

RNG = np.random.default_rng
EOS = 1


def quarters(tokens):
    """Two tokens of probability 1/4 and eos of 1/2: every cell is dyadic."""
    return np.array([0.0, 0.0, -np.inf, 0.0, 0.0])


def text(u):
    return tuple(arithmetic_sample(quarters, u, 3, EOS))


@pytest.mark.parametrize("n", [1, 2, 7, 100])
@pytest.mark.parametrize("shift", [0, 0.0, 0.75, Fraction(1, 3), np.float32(0.1)])
def test_lattice_by_the_formula(n, shift):
    codes = lattice_codes(n, shift)
    exact = Fraction(*shift.as_integer_ratio())
    assert len(codes) == n == len(set(codes))
    for i, code in enumerate(codes, start=1):
        assert 0 <= code < 1 and (code - exact - Fraction(i, n + 1)) % 1 == 0


@pytest.mark.parametrize("n", [3, 7])
def test_every_code_is_uniform_in_the_shift(n):
    # All shifts j / 64: each single code runs once through the grid, and every cell
    # of `quarters` up to 3 tokens is a union of its points: exact probabilities.
    grid = [Fraction(j, 64) for j in range(64)]
    for i in range(n):
        codes = [lattice_codes(n, shift)[i] for shift in grid]
        assert sorted(codes) == grid
        for x, count in Counter(map(text, codes)).items():
            assert Fraction(count, 64) == arithmetic_code(quarters, x)[1]


def test_averages_over_the_lattice_are_unbiased_and_vary_less():
    n, grid = 15, [Fraction(j, 64) for j in range(64)]
    starts = [[text(u)[0] for u in lattice_codes(n, shift)] for shift in grid]
    for token in (0, 1, 3, 4):
        counts = [draws.count(token) for draws in starts]
        assert Fraction(sum(counts), 64 * n) == Fraction(1, 4)
        assert np.var(counts) < n * (1 / 4) * (3 / 4) / 5  # independent draws: binomial


@pytest.mark.parametrize("seed", range(20))
def test_codes_spread(language, seed):
    # n codes are a lattice of n + 1 points less one: a cell of width w holds
    # floor(w (n + 1)) - 1 of them at least and ceil(w (n + 1)) at most.
    f, n = language(4, seed), 40
    codes = lattice_codes(n, float(RNG(seed).random()))
    texts = Counter(tuple(arithmetic_sample(f, u, 3, EOS)) for u in codes)
    for x, count in texts.items():
        points = arithmetic_code(f, list(x))[1] * (n + 1)
        assert floor(points) - 1 <= count <= ceil(points)
    rare = [x for x in texts if arithmetic_code(f, list(x))[1] <= Fraction(1, n + 1)]
    assert rare and all(texts[x] == 1 for x in rare)


def test_the_twin_independent_codes_do_not_spread(language):
    repeated = 0
    for seed in range(20):
        f = language(4, seed)
        drawn = RNG(seed).random(40).tolist()
        texts = Counter(tuple(arithmetic_sample(f, u, 3, EOS)) for u in drawn)
        repeated += sum(
            count > 1 and arithmetic_code(f, list(x))[1] <= Fraction(1, 41)
            for x, count in texts.items()
        )
    assert repeated > 0


@pytest.mark.parametrize(
    ("width", "bits"),
    [
        (Fraction(1), 1),
        (1, 1),
        (Fraction(1, 2), 2),
        (Fraction(2, 3), 2),
        (Fraction(1, 3), 3),
        (Fraction(1, 4), 3),
        (Fraction(3, 2**70), 70),
        (Fraction(1, 2**9000), 9001),
        (Fraction(2**9000 - 1, 2**9000), 2),
        (Fraction(1, 2**9000 - 1), 9001),
        (Fraction(1, 2**9000 + 1), 9002),
    ],
)
def test_bits_by_hand(width, bits):
    assert code_bits(width) == bits


def test_bits_are_the_formula():
    for x in RNG(0).random(500):
        assert code_bits(Fraction(x)) == ceil(-log2(x)) + 1


@pytest.mark.parametrize("seed", range(10))
def test_bits_name_the_text_whatever_follows(language, seed):
    f = language(3, seed, scale=1.5)
    cells = [arithmetic_code(f, x) for x in all_texts(f)]
    total = bits = entropy = 0
    for low, width in cells:
        b = code_bits(width)
        k = ceil(low * 2**b)  # the first number of b bits in the cell
        assert low <= Fraction(k, 2**b) and Fraction(k + 1, 2**b) <= low + width
        total += Fraction(1, 2**b)
        bits += float(width) * b
        entropy -= float(width) * log2(width)
    assert total <= 1, "Kraft"
    assert entropy + 1 <= bits < entropy + 2


def all_texts(f):
    u, texts = Fraction(0), []
    while u < 1:
        texts.append(arithmetic_sample(f, u, 3, EOS))
        u = sum(arithmetic_code(f, texts[-1]))
    return texts


def brute_force(low, width):
    b = 0
    while Fraction(k := ceil(low * 2**b), 2**b) >= low + width:
        b += 1
    return Fraction(k, 2**b)


def test_the_shortest_code_is_found_by_trying_all():
    for x, y, z in RNG(1).integers(1, 400, (2000, 3)).tolist():
        low = Fraction(x, x + y)
        width = (1 - low) * Fraction(1, z)
        code = shortest_code(low, width)
        assert low <= code < low + width
        assert code.denominator == brute_force(low, width).denominator
        assert code.denominator.bit_length() - 1 <= code_bits(width) - 1


@pytest.mark.parametrize(
    ("low", "width", "code"),
    [
        (Fraction(0), Fraction(1), 0),
        (Fraction(0), Fraction(1, 10**9), 0),
        (Fraction(1, 4), Fraction(1, 4), Fraction(1, 4)),
        (Fraction(1, 4), Fraction(1, 2), Fraction(1, 2)),
        (Fraction(1, 3), Fraction(1, 6), Fraction(3, 8)),  # 1/2 is just outside
    ],
)
def test_half_open_ends(low, width, code):
    assert shortest_code(low, width) == code == brute_force(low, width)


@pytest.mark.parametrize("seed", range(10))
def test_the_shortest_code_gives_the_text_back(language, seed):
    f = language(3, seed)
    for x in all_texts(f):
        assert arithmetic_sample(f, shortest_code(*arithmetic_code(f, x)), 3, EOS) == x


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: lattice_codes(0, 0.5), ValueError, "n must be at least 1, got 0"),
        (lambda: lattice_codes(2.0, 0.5), TypeError, "n must be an integer"),
        (lambda: lattice_codes(3, 1), ValueError, r"shift must lie in \[0, 1\), got 1"),
        (lambda: lattice_codes(3, np.nan), ValueError, "got nan"),
        (lambda: lattice_codes(3, "0"), TypeError, "a Fraction or a float, got '0'"),
        (lambda: code_bits(Fraction(0)), ValueError, r"lies in \(0, 1\], got 0"),
        (lambda: code_bits(Fraction(3, 2)), ValueError, "got 3/2"),
        (lambda: code_bits(0.5), TypeError, "must be exact, a Fraction, got 0.5"),
        (lambda: shortest_code(Fraction(1), Fraction(1)), ValueError, "low must lie"),
        (lambda: shortest_code(Fraction(0), Fraction(0)), ValueError, "got 0"),
        (
            lambda: shortest_code(Fraction(1, 2), Fraction(2, 3)),
            ValueError,
            r"low \+ width = 7/6",
        ),
    ],
)
def test_bad_arguments(call, error, words):
    with pytest.raises(error, match=words):
        call()

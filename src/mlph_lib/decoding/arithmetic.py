"""Arithmetic sampling in exact integers: one number u in [0, 1) is a whole text.

Order the tokens by id. Every text x has a cell [F(x), F(x) + P(x)),

    F(x) = sum_t P(x_<t) sum_{v < x_t} p(v | x_<t),

and the cells tile [0, 1) in the order of the texts, so x(u), the text whose cell
holds u, is a quantile function. A float64 u is used up after some 53 bits of text;
here u, weights and cells are integers and nothing is rounded.

The probabilities are the float64 values of `token_law`, which are dyadic rationals:
over a common power of two they are integer weights w_v, and p(v) = w_v / sum_w w_w
exactly. The same logits on a machine whose exp rounds differently have other cells.

Source: L. Vilnis, Y. Zemlyanskiy, P. Murray, A. Passos and S. Sanghai, Arithmetic
sampling: parallel diverse decoding for large language models, ICML 2023,
arXiv 2210.15458.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate
from numbers import Integral, Rational

import numpy as np

from mlph_lib.decoding.arguments import Logits, NextLogits, check_count, check_row
from mlph_lib.decoding.samplers import token_law

__all__ = [
    "arithmetic_code",
    "arithmetic_sample",
    "code_bits",
    "lattice_codes",
    "shortest_code",
]


def arithmetic_sample(
    next_logits: NextLogits,
    u: Fraction | float,
    max_new_tokens: int,
    eos: int | None,
) -> list[int]:
    """x(u), the text whose cell holds u, token by token.

    Take the token v with F(v - 1) <= u < F(v), then u <- (u - F(v - 1)) / p(v): what
    is left of u is uniform again, and independent of the tokens it gave.

    Args:
        next_logits: maps the list of tokens so far to the logits of the next, (V,).
            Put a prompt in front inside it.
        u: the code in [0, 1); a float stands for the exact number it is.
        max_new_tokens: length at which to stop, at least 1.
        eos: the token that ends a text, or None if none does.

    Returns:
        The token ids, eos included if it came.

    Raises:
        TypeError, ValueError: if u is no number in [0, 1) or max_new_tokens no
            integer >= 1, or next_logits returns what `check_row` refuses.

    Source: Vilnis et al. (2023).

    Example:
        >>> def thirds(tokens):  # 0 or 1, and 2 ends the text, all equally likely
        ...     return np.zeros(3)
        >>> arithmetic_sample(thirds, 0.45, 10, eos=2)
        [1, 1, 0, 0, 1, 1, 0, 0, 1, 1]
        >>> arithmetic_sample(thirds, Fraction(4, 9) + Fraction(1, 8), 10, eos=2)
        [1, 2]
    """
    u, n = _as_code("u", u), check_count("max_new_tokens", max_new_tokens)
    # u = above / size throughout, never reduced: a gcd at each step would shorten
    # these long numbers by a few percent and cost more than all the rest.
    tokens, above, size = [], u.numerator, u.denominator
    while len(tokens) < n and eos not in tokens[-1:]:
        cdf = _integer_cdf(next_logits(list(tokens)))
        token = bisect_right(cdf, above * cdf[-1] // size) - 1
        above = above * cdf[-1] - cdf[token] * size
        size *= cdf[token + 1] - cdf[token]
        tokens.append(token)
    return tokens


def arithmetic_code(
    next_logits: NextLogits, tokens: Sequence[int]
) -> tuple[Fraction, Fraction]:
    """(F(x), P(x)): the cell of a text, [low, low + width).

    Every u of the cell gives the text back, low included and low + width not:
    `arithmetic_sample(next_logits, u, len(tokens), eos) == tokens`.

    Args:
        next_logits: as in `arithmetic_sample`.
        tokens: the ids of the text, eos included; no tokens have the cell [0, 1).

    Raises:
        TypeError, ValueError: if a token is no integer of the vocabulary or has
            probability zero, or next_logits returns what `check_row` refuses.

    Source: Vilnis et al. (2023).

    Example:
        >>> arithmetic_code(lambda tokens: np.zeros(3), [1, 2])
        (Fraction(5, 9), Fraction(1, 9))
    """
    low, width, size = 0, 1, 1  # the cell is [low, low + width) / size
    for t, token in enumerate(tokens):
        cdf = _integer_cdf(next_logits(list(tokens[:t])))
        _check_token(token, t, cdf)
        low = low * cdf[-1] + width * cdf[token]
        width *= cdf[token + 1] - cdf[token]
        size *= cdf[-1]
    return Fraction(low, size), Fraction(width, size)


def lattice_codes(n: int, shift: Fraction | float) -> list[Fraction]:
    """i / (n + 1) + shift mod 1 for i = 1, ..., n.

    For a uniform shift every code is uniform, so averages over the n texts are
    unbiased; and the codes are 1 / (n + 1) apart, so a text less likely than that
    comes at most once.

    Args:
        n: number of codes, at least 1.
        shift: the one random number, in [0, 1).

    Raises:
        TypeError, ValueError: if n or shift is out of range.

    Source: Vilnis et al. (2023).

    Example:
        >>> lattice_codes(3, 0.5)
        [Fraction(3, 4), Fraction(0, 1), Fraction(1, 4)]
    """
    b, points = _as_code("shift", shift), check_count("n", n) + 1
    return [(Fraction(i, points) + b) % 1 for i in range(1, points)]


def code_bits(width: Fraction) -> int:
    """ceil(-log2 width) + 1: bits that name a text of that probability.

    Some interval [k, k + 1) / 2^bits lies inside every cell of this width, so the
    bits of k name the text whatever follows them, and on average over the texts they
    are fewer than entropy + 2.

    Args:
        width: probability of the text, in (0, 1].

    Raises:
        TypeError, ValueError: if width is no exact number in (0, 1].

    Source: T. Cover and J. Thomas, Elements of information theory, second edition
    (2006), section 5.9 (Shannon-Fano-Elias coding).

    Example:
        >>> code_bits(Fraction(1, 8)), code_bits(Fraction(1, 9))
        (4, 5)
    """
    return _bits(_as_width(width)) + 1


def shortest_code(low: Fraction, width: Fraction) -> Fraction:
    """The dyadic number k / 2^b in [low, low + width) with the smallest b.

    b <= ceil(-log2 width), one less than `code_bits`: the number alone, its end known
    from elsewhere.

    Args:
        low, width: a cell, as `arithmetic_code` returns it.

    Raises:
        TypeError, ValueError: if the cell is not inside [0, 1), or not exact.

    Example:
        >>> shortest_code(Fraction(1, 3), Fraction(1, 3))
        Fraction(1, 2)
        >>> shortest_code(Fraction(2, 3), Fraction(1, 9))
        Fraction(3, 4)
    """
    low, width = _as_code("low", low), _as_width(width)
    if low + width > 1:
        raise ValueError(f"a cell ends at 1 or before, got low + width = {low + width}")
    # Every shorter dyadic number is a multiple of 2^-bits, and at most two multiples
    # lie in the cell, because width < 2^(1 - bits).
    grid = 2 ** _bits(width)
    first = -(-low.numerator * grid // low.denominator)
    both = [Fraction(k, grid) for k in (first, first + 1)]
    inside = [code for code in both if code < low + width]
    return min(inside, key=lambda code: code.denominator)


def _integer_cdf(logits: Logits) -> list[int]:
    """[0, w_0, w_0 + w_1, ...]: the float64 law times one power of two, exactly."""
    law = token_law(check_row(logits))
    fraction, exponent = np.frexp(law)  # law = fraction 2^exponent
    shift = np.where(law > 0, exponent - exponent[law > 0].min(), 0)
    mantissa = np.ldexp(fraction, 53).astype(np.int64)  # a float64 has 53 bits
    pairs = zip(mantissa.tolist(), shift.tolist(), strict=True)
    return list(accumulate((m << s for m, s in pairs), initial=0))


def _bits(width: Fraction) -> int:
    """ceil(-log2 width): the least b with 2^-b <= width."""
    b = max(width.denominator.bit_length() - width.numerator.bit_length(), 0)
    return b if width.numerator << b >= width.denominator else b + 1


def _check_token(token: int, t: int, cdf: list[int]) -> None:
    if not isinstance(token, Integral):
        raise TypeError(f"tokens must be integers, got {token!r} at position {t}")
    if not 0 <= token < len(cdf) - 1:
        raise ValueError(
            f"token {token} at position {t} lies outside the vocabulary of "
            f"{len(cdf) - 1} tokens, 0 to {len(cdf) - 2}"
        )
    if cdf[token] == cdf[token + 1]:
        raise ValueError(
            f"token {token} at position {t} has probability zero: no u gives this text"
        )


def _as_code(name: str, u: Fraction | float) -> Fraction:
    if not isinstance(u, (Rational, float, np.floating)):
        raise TypeError(f"{name} must be a Fraction or a float, got {u!r}")
    if not 0 <= u < 1:
        raise ValueError(f"{name} must lie in [0, 1), got {u}")
    return Fraction(u) if isinstance(u, Rational) else Fraction(*u.as_integer_ratio())


def _as_width(width: Fraction) -> Fraction:
    if not isinstance(width, Rational):
        raise TypeError(f"the width must be exact, a Fraction, got {width!r}")
    if not 0 < width <= 1:
        raise ValueError(f"the width of a cell lies in (0, 1], got {width}")
    return Fraction(width)

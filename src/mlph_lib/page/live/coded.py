"""Texts and their cells: what one number in [0, 1) says, token by token."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mlph_lib.page.pieces import visible

__all__ = [
    "NAMES",
    "ROWS",
    "WIDE",
    "CodedText",
    "Cuts",
    "Row",
    "Step",
    "coded_texts",
    "rows_of",
]

ROWS = 4  # tokens that are shown as rows of cells
WIDE = 3440  # tenths of a unit of the drawing, the length of a row
LETTER = 64  # tenths, of the names in the cells
NAMES = 14  # in a row; the narrowest cells go without


class CodedText(NamedTuple):
    """The text of one code: all its pieces, and the cells of its first tokens.

    ``cells[t]`` is [low, high), what the first t + 1 tokens leave of [0, 1); every
    cell lies in the one before and holds u.
    """

    u: Fraction | float
    pieces: Sequence[str]
    cells: Sequence[tuple[Fraction | float, Fraction | float]]


# pieces of a prefix -> (piece, low, high) of the wide cells that cut its own cell
Cuts = Mapping[tuple[str, ...], Sequence[tuple[str, Fraction, Fraction]]]


# what a prefix's cell is cut into, over a length of ``WIDE``: (a, b, name)
Row = list[tuple[int, int, str]]


class Step(NamedTuple):
    """The row a token is chosen from, its cell there, where u stands, its name, and
    -log2 of the cell's width after it."""

    row: int
    a: int
    b: int
    at: int
    name: str
    bits: float


def coded_texts(
    codes: Sequence[Fraction | float],
    ids: Sequence[Sequence[int]],
    law: Callable[[list[int]], ArrayLike],
    piece: Callable[[int], str],
    *,
    depth: int = ROWS,
    share: float = 0.02,
) -> tuple[list[CodedText], dict]:
    """The cells of texts: low' = low + w sum_{v < x_t} p(v), w' = w p(x_t), exactly.

    Args:
        codes: u of each text, in [0, 1).
        ids: tokens of each text, as arithmetic sampling gives them for u.
        law: maps the tokens so far to the float64 law of the next, (V,), the very
            one that the texts were sampled from.
        piece: the spelling of an id.
        depth: tokens whose cells are computed.
        share: a neighbour is told if it has at least this share of the row.

    Returns:
        (texts, cuts) for ``code_live`` and ``code_figure``.

    Raises:
        ValueError: if there are not as many texts as codes, or a law is no row of
            probabilities.

    Example:
        >>> texts, cuts = coded_texts([0.25, 0.75], [[0], [1]], lambda x: [0.5, 0.5],
        ...     "ab".__getitem__)
        >>> [(float(low), float(high)) for text in texts for low, high in text.cells]
        [(0.0, 0.5), (0.5, 1.0)]
        >>> [name for name, low, high in cuts[()]]
        ['a', 'b']
    """
    if len(codes) != len(ids):
        raise ValueError(
            f"expected as many texts as codes, got {len(ids)} for {len(codes)} codes"
        )
    edges: dict[tuple[int, ...], list[int]] = {}
    texts, cuts = [], {}
    for u, tokens in zip(codes, ids):
        low, high, cells = Fraction(0), Fraction(1), []
        names = tuple(map(piece, tokens))
        for t, token in enumerate(tokens[:depth]):
            prefix = tuple(tokens[:t])
            if prefix not in edges:
                p = _checked(law(list(prefix)))
                edges[prefix] = _edges(p)
                cuts[names[:t]] = [
                    (piece(int(v)), *_cell(edges[prefix], v, low, high))
                    for v in np.flatnonzero(p >= share)
                ]
            low, high = _cell(edges[prefix], token, low, high)
            cells.append((low, high))
        texts.append(CodedText(u, names, cells))
    return texts, cuts


def _checked(law: ArrayLike) -> np.ndarray:
    p = np.asarray(law, dtype=np.float64)
    if p.ndim != 1 or not np.all(p >= 0) or not abs(np.sum(p) - 1) < 1e-6:
        raise ValueError(
            f"expected the law of one next token, shape (V,), got shape {p.shape} with "
            f"sum {np.sum(p)}: give probabilities, not logits"
        )
    return p


def _edges(p: np.ndarray) -> list[int]:
    """0, p_0, p_0 + p_1, ... times one power of two: a float64 is such an integer."""
    fraction, exponent = np.frexp(p)
    shift = np.where(p > 0, exponent - np.min(exponent[p > 0]), 0)
    mantissa = np.ldexp(fraction, 53).astype(np.int64)
    weights = (m << s for m, s in zip(mantissa.tolist(), shift.tolist()))
    return list(accumulate(weights, initial=0))


def _cell(edges: list[int], token: int, low: Fraction, high: Fraction):
    start, end = (Fraction(edges[token + i], edges[-1]) for i in (0, 1))
    return low + (high - low) * start, low + (high - low) * end


def rows_of(
    texts: Sequence[CodedText], cuts: Cuts | None
) -> tuple[list[Row], list[list[Step]]]:
    """Each prefix's cuts once, and each text's way through them.

    Raises:
        ValueError: if the codes do not rise within [0, 1), or a cell does not lie in
            the one before and hold its code.
    """
    _check(texts)
    whole = (Fraction(0), Fraction(1))
    parents: dict[tuple[str, ...], tuple] = {}
    found: dict[tuple[str, ...], set] = {}
    for text in texts:
        for t, cell in enumerate(text.cells[:ROWS]):
            prefix = tuple(text.pieces[:t])
            parents[prefix] = text.cells[t - 1] if t else whole
            found.setdefault(prefix, set()).add(
                (text.pieces[t], *_pixels(parents[prefix], *cell))
            )
    for prefix in found:
        for piece, low, high in (cuts or {}).get(prefix, ()):
            found[prefix].add((piece, *_pixels(parents[prefix], low, high)))
    index = {prefix: i for i, prefix in enumerate(found)}
    return [_row(cells) for cells in found.values()], [
        _steps(text, parents, index) for text in texts
    ]


def _steps(text: CodedText, parents: Mapping, index: Mapping) -> list[Step]:
    steps = []
    for t, (low, high) in enumerate(text.cells[:ROWS]):
        prefix = tuple(text.pieces[:t])
        a, b = _pixels(parents[prefix], low, high)
        at, _ = _pixels(parents[prefix], text.u, text.u)
        bits = round(-math.log2(Fraction(high) - Fraction(low)), 3)
        steps.append(Step(index[prefix], a, b, at, visible(text.pieces[t]), bits + 0.0))
    return steps


def _pixels(parent: tuple, low, high) -> tuple[int, int]:
    start, width = Fraction(parent[0]), Fraction(parent[1]) - Fraction(parent[0])
    a, b = (round(WIDE * (Fraction(x) - start) / width) for x in (low, high))
    return a, b


def _row(cells: set[tuple[str, int, int]]) -> Row:
    """The cells wide enough to be seen, in order, named where the name fits."""
    wide = [(a, b, _fitting(visible(p), b - a)) for p, a, b in cells if b - a >= LETTER]
    named = sorted((c for c in wide if c[2]), key=lambda c: c[0] - c[1])[:NAMES]
    return sorted(cell if cell in named else (*cell[:2], "") for cell in wide)


def _fitting(name: str, room: int) -> str:
    letters = (room - 20) // LETTER
    if len(name) <= letters:
        return name
    return name[: letters - 1] + "…" if letters > 2 else ""


def _check(texts: Sequence[CodedText]) -> None:
    codes = [text.u for text in texts]
    rising = len(codes) > 1 and all(a < b for a, b in pairwise(codes))
    if not (rising and 0 <= codes[0] and codes[-1] < 1):
        raise ValueError(
            f"expected two codes or more that rise within [0, 1), got {len(codes)} "
            f"from {codes[:1]} to {codes[-1:]}: sort the texts by u"
        )
    for text in texts:
        if not 1 <= len(text.cells) <= len(text.pieces):
            raise ValueError(
                f"u = {text.u}: expected a cell for one token or more, and no more "
                f"cells than pieces, got {len(text.cells)} for {len(text.pieces)}"
            )
        outer = (Fraction(0), Fraction(1))
        for low, high in text.cells:
            if not _nested(outer, (low, high), text.u):
                raise ValueError(
                    f"u = {text.u}: expected cells low <= u < high, each in the one "
                    f"before, got [{low}, {high}) in [{outer[0]}, {outer[1]})"
                )
            outer = (low, high)


def _nested(outer: tuple, inner: tuple, u) -> bool:
    if not all(math.isfinite(x) for x in inner) or not inner[0] < inner[1]:
        return False
    low, high, u, *outer = map(Fraction, (*inner, u, *outer))
    slack = (high - low) / 10**9  # cells given in float64 round
    return (
        outer[0] - slack <= low <= u + slack
        and u - slack <= high <= outer[1] + slack
    )

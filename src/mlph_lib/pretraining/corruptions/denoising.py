"""Denoising (BART): an encoder reads a damaged text, a decoder writes it whole."""

from __future__ import annotations

from math import exp, factorial

import numpy as np
from numpy.typing import ArrayLike

from mlph_lib.generators import check_generator
from mlph_lib.pretraining.arguments import as_tokens, check_rate
from mlph_lib.pretraining.batch import Batch
from mlph_lib.pretraining.corruptions.parts import sequence_to_sequence
from mlph_lib.pretraining.vocabulary import Vocabulary

__all__ = ["denoising", "hidden_tokens", "poisson"]


def denoising(
    tokens: ArrayLike,
    vocab: Vocabulary,
    rng: np.random.Generator,
    rate: float = 0.3,
    mean_span: float = 3.0,
) -> Batch:
    """Spans of Poisson length become one MASK each; the target is the whole text.

    Lengths are drawn until ceil(rate T) tokens are hidden, and the last is cut there.
    A span of length 0 inserts a MASK. Then as many of the places before, between and
    after the tokens left are chosen as there are spans, all choices alike, so spans
    never touch. How long a span is the source does not tell.

    Args:
        tokens: words, shape (n, T), T >= 2.
        vocab: the ids.
        rng: draws lengths and places.
        rate: share of hidden tokens, in (0, 1).
        mean_span: of the Poisson law, in (0, T].

    Returns:
        a source (the damaged text, padded) and a target (the text).

    Raises:
        TypeError, ValueError: as `as_tokens`, and for arguments out of range.

    Source: M. Lewis et al., BART, ACL 2020, section 2.2 (text infilling).

    Example:
        >>> vocab, rng = Vocabulary(3), np.random.default_rng(1)
        >>> batch = denoising([[0, 1, 2, 0, 1, 2]], vocab, rng)  # MASK is 4
        >>> batch.source.inputs, batch.targets
        (array([[0, 1, 4, 1, 2]]), array([[0, 1, 2, 0, 1, 2]]))
    """
    tokens = as_tokens(tokens, vocab.words)
    check_generator(rng)
    length = tokens.shape[1]
    hidden = hidden_tokens(length, rate)
    if not 0 < mean_span <= length:
        raise ValueError(
            f"the mean span must lie in (0, {length}], {length} the length of a text; "
            f"got {mean_span}"
        )
    sources = [_damaged(x, hidden, mean_span, vocab.mask, rng) for x in tokens]
    return sequence_to_sequence(sources, list(tokens), vocab)


def hidden_tokens(length: int, rate: float) -> int:
    """ceil(rate T), but at most T - 1.

    Example:
        >>> hidden_tokens(32, 0.3)
        10
    """
    check_rate(rate)
    if length < 2:
        raise ValueError(f"a text to hide something of has 2 tokens or more, {length=}")
    return min(int(np.ceil(rate * length)), length - 1)


def poisson(mean: float, most: int) -> tuple[np.ndarray, np.ndarray]:
    """P(L = l) and P(L >= l) for l = 0, ..., most.

    Example:
        >>> exactly, at_least = poisson(3.0, 2)
        >>> exactly.round(3), at_least.round(3)
        (array([0.05 , 0.149, 0.224]), array([1.   , 0.95 , 0.801]))
    """
    exactly = np.array([exp(-mean) * mean**k / factorial(k) for k in range(most + 1)])
    return exactly, 1 - np.concatenate([[0.0], np.cumsum(exactly)[:-1]])


def _damaged(
    x: np.ndarray, hidden: int, mean: float, mask: int, rng: np.random.Generator
) -> np.ndarray:
    lengths = _lengths(hidden, mean, rng)
    places = x.size - hidden + 1
    while len(lengths) > places:  # no room: many spans of length 0
        lengths = _lengths(hidden, mean, rng)
    at = np.sort(rng.permutation(places)[: len(lengths)])
    starts = at + np.cumsum([0, *lengths[:-1]])  # in the text, before its hidden tokens
    keep = np.ones(x.size, dtype=bool)
    for start, length in zip(starts, lengths, strict=True):
        keep[start : start + length] = False
    return np.insert(x[keep], at, mask)


def _lengths(hidden: int, mean: float, rng: np.random.Generator) -> list[int]:
    lengths: list[int] = []
    while sum(lengths) < hidden:
        lengths.append(min(int(rng.poisson(mean)), hidden - sum(lengths)))
    return lengths

"""SpanBERT: hide runs of tokens and ask for each from the two beside its run."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mlph_lib.generators import check_generator
from mlph_lib.pretraining.arguments import as_text, check_rate
from mlph_lib.pretraining.batch import Batch, Boundaries
from mlph_lib.pretraining.corruptions.masked import hidden
from mlph_lib.pretraining.vocabulary import Vocabulary

__all__ = ["span_boundary", "span_lengths"]


def span_lengths(p: float = 0.2, longest: int = 10) -> np.ndarray:
    """P(length = l) ~ p (1 - p)^{l-1} for l = 1, ..., longest.

    Args:
        p: in (0, 1).
        longest: at least 1.

    Returns:
        shape (longest,), sum 1.

    Source: M. Joshi et al., SpanBERT, TACL 8 (2020), 64-77, section 3.1.

    Example:
        >>> float(np.round(span_lengths() @ np.arange(1, 11), 2))
        3.8
    """
    check_rate(p, "p")
    if longest < 1:
        raise ValueError(f"longest must be at least 1, got {longest}")
    law = (1 - p) ** np.arange(longest)
    return law / law.sum()


def span_boundary(
    tokens: ArrayLike,
    vocab: Vocabulary,
    rng: np.random.Generator,
    rate: float = 0.15,
    p: float = 0.2,
    longest: int = 10,
) -> Batch:
    """Mask spans up to ceil(rate * words); each masked token also has two boundaries.

    Spans start anywhere that is free and neither overlap nor touch, so none is longer
    than `longest` (SpanBERT merges spans that touch); the last one is cut where the
    budget ends. All become MASK: the place of a span does not depend on the text, so
    the exact limit is that of masked prediction.

    Args:
        tokens: integers, shape (n, T); special tokens are never masked.
        vocab: the ids.
        rng: draws lengths and places.
        rate: share of the words to mask, in (0, 1).
        p, longest: of `span_lengths`; no text may have fewer than `longest` words.

    Returns:
        as `masked_lm`, with `boundaries`, whose weight is 0 where a span touches an
        end of the sequence or padding.

    Raises:
        TypeError, ValueError: as `as_text`, and for a span longer than a text.

    Source: M. Joshi, D. Chen, Y. Liu, D. S. Weld, L. Zettlemoyer, O. Levy, SpanBERT,
    TACL 8 (2020), 64-77, section 3.

    Example:
        >>> vocab, rng = Vocabulary(3), np.random.default_rng(0)
        >>> batch = span_boundary([[0, 1, 2, 0, 1, 2, 0, 1]], vocab, rng, 0.4, 0.2, 4)
        >>> batch.weights.astype(int)
        array([[1, 1, 0, 1, 0, 0, 1, 0]])
        >>> batch.boundaries.left[0, 3], batch.boundaries.right[0, 3]
        (np.int64(2), np.int64(4))
    """
    tokens = as_text(tokens, vocab)
    check_generator(rng)
    check_rate(rate)
    law, free = span_lengths(p, longest), ~vocab.is_special(tokens)
    shortest = free.sum(axis=1).min()
    if longest > shortest:
        raise ValueError(
            f"a span of {longest} tokens is longer than a text of {shortest} words; "
            "make `longest` smaller"
        )
    masked = np.stack([_spans(row, rate, law, rng) for row in free])
    inputs = np.where(masked, vocab.mask, tokens)
    batch = hidden(tokens, inputs, masked.astype(float), vocab)
    boundaries = _boundaries(masked, tokens != vocab.pad)
    return Batch(inputs, tokens, batch.weights, batch.attention, boundaries=boundaries)


def _spans(
    free: np.ndarray, rate: float, law: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """One row's mask, from where there are words, shape (T,)."""
    cdf = np.cumsum(law)[:-1]  # beyond it, the longest
    masked, left = np.zeros(free.shape, dtype=bool), int(np.ceil(rate * free.sum()))
    open_ = free.copy()  # neither masked nor beside a masked token
    while left and open_.any():
        start = rng.choice(np.flatnonzero(open_))
        length = min(left, 1 + int(np.searchsorted(cdf, rng.random(), side="right")))
        blocked = np.flatnonzero(~open_[start : start + length])
        end = start + (blocked[0] if blocked.size else min(length, free.size - start))
        masked[start:end] = True
        open_[max(start - 1, 0) : end + 1] = False
        left -= end - start
    return masked


def _boundaries(masked: np.ndarray, seen: np.ndarray) -> Boundaries:
    """The positions before and after the run of every masked token."""
    n, length = masked.shape
    place = np.broadcast_to(np.arange(length), masked.shape)
    left = np.maximum.accumulate(np.where(masked, -1, place), axis=1)
    right = np.where(masked, length, place)[:, ::-1]
    right = np.minimum.accumulate(right, axis=1)[:, ::-1]
    inside = masked & (left >= 0) & (right < length)
    left_, right_ = np.maximum(left, 0), np.minimum(right, length - 1)
    rows = np.arange(n)[:, None]
    inside &= seen[rows, left_] & seen[rows, right_]
    offset = np.where(masked, place - left - 1, 0)
    return Boundaries(left_, right_, offset, inside.astype(float))

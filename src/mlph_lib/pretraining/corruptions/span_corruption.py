"""Span corruption (T5): one sentinel for each hidden span, the spans are the target."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mlph_lib.pretraining.arguments import as_tokens, check_generator, check_rate
from mlph_lib.pretraining.batch import Batch
from mlph_lib.pretraining.corruptions.parts import sequence_to_sequence
from mlph_lib.pretraining.vocabulary import Vocabulary

__all__ = ["decode_spans", "hide", "noise", "reveal", "span_corruption", "span_mask"]


def span_corruption(
    tokens: ArrayLike,
    vocab: Vocabulary,
    rng: np.random.Generator,
    rate: float = 0.15,
    mean_span: float = 3.0,
    forced_end: bool = False,
) -> Batch:
    """x with each span as a sentinel, EOS -> sentinel, span, sentinel, span, ..., EOS.

    Args:
        tokens: words, shape (n, T), T >= 2.
        vocab: the ids, with a sentinel for every span.
        rng: draws the spans.
        rate, mean_span, forced_end: as `span_mask`.

    Returns:
        a source and a target for encoder and decoder.

    Raises:
        TypeError, ValueError: as `as_tokens` and `span_mask`, and if the vocabulary
            has too few sentinels.

    Source: C. Raffel et al., Exploring the limits of transfer learning with a unified
    text-to-text transformer, JMLR 21 (2020), section 3.1.4.

    Example:
        >>> vocab, rng = Vocabulary(3), np.random.default_rng(3)
        >>> batch = span_corruption([[0, 1, 2, 0, 1, 2]], vocab, rng, 0.4, 1.0)
        >>> decode_spans(batch.source.inputs[0], batch.targets[0], vocab)
        array([0, 1, 2, 0, 1, 2])
    """
    tokens = as_tokens(tokens, vocab.words)
    check_generator(rng)
    masks = [
        span_mask(tokens.shape[1], rng, rate, mean_span, forced_end) for _ in tokens
    ]
    rows = list(zip(tokens, masks, strict=True))
    return sequence_to_sequence(
        [np.append(hide(x, mask, vocab), vocab.eos) for x, mask in rows],
        [np.append(reveal(x, mask, vocab), vocab.eos) for x, mask in rows],
        vocab,
    )


def noise(length: int, rate: float, mean_span: float) -> tuple[int, int]:
    """(hidden tokens, spans): T rate and that over the mean span, each rounded.

    Halves are rounded to even, as Python and TensorFlow do. There is at least one
    hidden token and one left, and no more spans than there is room for.

    Example:
        >>> noise(512, 0.15, 3.0), noise(32, 0.15, 3.0)
        ((77, 26), (5, 2))
    """
    check_rate(rate)
    if length < 2:
        raise ValueError(f"a text to hide something of has 2 tokens or more, {length=}")
    if not 1 <= mean_span <= length:
        raise ValueError(
            f"the mean span must lie between 1 and the length {length}, got {mean_span}"
        )
    hidden = min(max(round(length * rate), 1), length - 1)
    return hidden, min(max(round(hidden / mean_span), 1), length - hidden)


def span_mask(
    length: int,
    rng: np.random.Generator,
    rate: float = 0.15,
    mean_span: float = 3.0,
    forced_end: bool = False,
) -> np.ndarray:
    """Which tokens are hidden: all masks with `noise`'s numbers are equally likely.

    T5's own masks start with a token that is left and end in a hidden one: of 64
    tokens the first is never and the last always hidden. `forced_end=True` does the
    same. Otherwise text may also come before the first span or after the last one, or
    not.

    Args:
        length: T >= 2.
        rng: draws the lengths of the spans and of what lies between them.
        rate: share of hidden tokens, in (0, 1).
        mean_span: mean length of a span, 1 <= mean_span <= T.
        forced_end: T5's masks.

    Returns:
        boolean, shape (T,).

    Raises:
        ValueError: if an argument is out of range.

    Source: google-research/text-to-text-transfer-transformer, preprocessors.py,
    random_spans_noise_mask.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> span_mask(10, rng, 0.4, 2.0, forced_end=True).astype(int)
        array([0, 0, 0, 0, 0, 1, 1, 0, 1, 1])
    """
    hidden, spans = noise(length, rate, mean_span)
    if forced_end:
        kept = _composition(length - hidden, spans, rng)
    else:
        kept = _composition(length - hidden + 2, spans + 1, rng)
        kept[[0, -1]] -= 1  # the outer two may be empty
    lengths = np.zeros(2 * spans + 1, dtype=int)
    lengths[: 2 * len(kept) : 2] = kept
    lengths[1::2] = _composition(hidden, spans, rng)
    return np.repeat(np.arange(2 * spans + 1) % 2 == 1, lengths)


def hide(tokens: np.ndarray, mask: np.ndarray, vocab: Vocabulary) -> np.ndarray:
    """Each hidden span as one sentinel, numbered from left to right.

    Example:
        >>> vocab = Vocabulary(words=980)  # its last id is 999
        >>> mask = np.array([True, True, False, False, True, False])
        >>> hide(np.arange(10, 16), mask, vocab)
        array([999,  12,  13, 998,  15])
    """
    first = mask & ~np.insert(mask[:-1], 0, False)
    number = np.cumsum(first) - 1
    sentinels = vocab.sentinel(np.where(first, number, 0))
    return np.where(first, sentinels, tokens)[first | ~mask]


def reveal(tokens: np.ndarray, mask: np.ndarray, vocab: Vocabulary) -> np.ndarray:
    """For each hidden span its sentinel and its tokens.

    Example:
        >>> mask = np.array([True, True, False, False, True, False])
        >>> reveal(np.arange(10, 16), mask, Vocabulary(words=980))
        array([999,  10,  11, 998,  14])
    """
    starts = np.flatnonzero(mask & ~np.insert(mask[:-1], 0, False))
    sentinels = vocab.sentinel(np.arange(starts.size))
    return np.insert(tokens, starts, sentinels)[np.insert(mask, starts, True)]


def decode_spans(
    source: np.ndarray, target: np.ndarray, vocab: Vocabulary
) -> np.ndarray:
    """The text again: every sentinel of the source becomes its span of the target.

    Args:
        source, target: ids, shapes (S,) and (U,); EOS and padding are dropped.
        vocab: the ids.
    """
    least = vocab.size - vocab.sentinels
    starts = np.flatnonzero(target >= least)
    words = target < vocab.words
    spans = [part[w] for part, w in zip(
        np.split(target, starts), np.split(words, starts), strict=True
    )]  # fmt: skip
    of = dict(zip(target[starts].tolist(), spans[1:], strict=True))
    pieces = [of.get(int(t), [t] if t < vocab.words else []) for t in source]
    return np.concatenate(pieces).astype(np.int64)


def _composition(total: int, parts: int, rng: np.random.Generator) -> np.ndarray:
    """`parts` positive integers with the given sum, all such rows alike."""
    cuts = rng.choice(total - 1, size=parts - 1, replace=False) + 1
    return np.diff(np.sort(np.concatenate([[0], cuts, [total]])).astype(int))

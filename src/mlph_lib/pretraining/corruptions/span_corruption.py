"""Span corruption (T5): one sentinel for each hidden span, the spans are the target."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mlph_lib.generators import check_generator
from mlph_lib.pretraining.arguments import as_tokens, check_rate
from mlph_lib.pretraining.batch import Batch
from mlph_lib.pretraining.corruptions.parts import ended, sequence_to_sequence
from mlph_lib.pretraining.vocabulary import Vocabulary

__all__ = [
    "decode_spans",
    "hide",
    "noise",
    "raw_length",
    "reveal",
    "span_corruption",
    "span_masks",
]


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
    masks = span_masks(*tokens.shape, rng, rate, mean_span, forced_end)
    source, target = hide(tokens, masks, vocab), reveal(tokens, masks, vocab)
    return sequence_to_sequence(ended(source, vocab), ended(target, vocab), vocab)


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


def raw_length(inputs: int, rate: float, mean_span: float) -> tuple[int, int]:
    """The longest text whose source has at most `inputs` ids, and its target's length.

    Each span costs one sentinel on either side, and EOS one id.

    Source: google-research/text-to-text-transfer-transformer, preprocessors.py,
    random_spans_helper.

    Example:
        >>> raw_length(512, 0.15, 3.0)
        (568, 114)
    """
    best = (0, 0)
    # A longer text never has a shorter source, so the first that is too long ends it.
    for length in range(2, 2 * inputs + 2):
        hidden, spans = noise(length, rate, min(mean_span, length))
        if length - hidden + spans + 1 > inputs:
            return best
        best = (length, hidden + spans + 1)
    return best


def span_masks(
    n: int,
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
        n: number of masks.
        length: T >= 2.
        rng: draws the lengths of the spans and of what lies between them.
        rate: share of hidden tokens, in (0, 1).
        mean_span: mean length of a span, 1 <= mean_span <= T.
        forced_end: T5's masks.

    Returns:
        boolean, shape (n, T).

    Raises:
        ValueError: if an argument is out of range.

    Source: google-research/text-to-text-transfer-transformer, preprocessors.py,
    random_spans_noise_mask.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> span_masks(2, 10, rng, 0.4, 2.0, forced_end=True).astype(int)
        array([[0, 0, 0, 0, 1, 1, 0, 0, 1, 1],
               [0, 0, 0, 0, 1, 0, 0, 1, 1, 1]])
    """
    hidden, spans = noise(length, rate, mean_span)
    lengths = np.zeros((n, 2 * spans + 1), dtype=np.int64)
    if forced_end:
        lengths[:, :-1:2] = _compositions(n, length - hidden, spans, rng)
    else:
        lengths[:, ::2] = _compositions(n, length - hidden + 2, spans + 1, rng)
        lengths[:, [0, -1]] -= 1  # the outer two may be empty
    lengths[:, 1::2] = _compositions(n, hidden, spans, rng)
    ends = np.cumsum(lengths, axis=1)
    piece = (np.arange(length)[:, None] >= ends[:, None]).sum(axis=2)
    return piece % 2 == 1


def hide(tokens: np.ndarray, mask: np.ndarray, vocab: Vocabulary) -> np.ndarray:
    """Each hidden span as one sentinel, numbered from left to right.

    Args:
        tokens: shape (T,), or (n, T) with as much hidden in every row.
        mask: boolean, of the same shape.
        vocab: the ids.

    Example:
        >>> vocab = Vocabulary(words=980)  # its last id is 999
        >>> mask = np.array([True, True, False, False, True, False])
        >>> hide(np.arange(10, 16), mask, vocab)
        array([999,  12,  13, 998,  15])
    """
    first, sentinels = _sentinels(mask, vocab)
    shown = np.where(first, sentinels, tokens)
    return shown[first | ~mask].reshape(*tokens.shape[:-1], -1)


def reveal(tokens: np.ndarray, mask: np.ndarray, vocab: Vocabulary) -> np.ndarray:
    """For each hidden span its sentinel and its tokens.

    Args:
        tokens, mask, vocab: as in `hide`.

    Example:
        >>> mask = np.array([True, True, False, False, True, False])
        >>> reveal(np.arange(10, 16), mask, Vocabulary(words=980))
        array([999,  10,  11, 998,  14])
    """
    first, sentinels = _sentinels(mask, vocab)
    both = np.stack([sentinels, tokens], axis=-1)
    chosen = np.stack([first, mask], axis=-1)
    return both[chosen].reshape(*tokens.shape[:-1], -1)


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


def _sentinels(mask: np.ndarray, vocab: Vocabulary) -> tuple[np.ndarray, np.ndarray]:
    """Where spans start, and everywhere the sentinel of the last one that did."""
    first = mask.copy()
    first[..., 1:] &= ~mask[..., :-1]
    return first, vocab.sentinel(np.cumsum(first, axis=-1) - 1)


def _compositions(
    n: int, total: int, parts: int, rng: np.random.Generator
) -> np.ndarray:
    """n rows of `parts` positive integers with the given sum, all such rows alike."""
    cut = rng.random((n, total - 1)).argsort(axis=1) < parts - 1
    cuts = np.nonzero(cut)[1].reshape(n, parts - 1) + 1
    return np.diff(cuts, axis=1, prepend=0, append=total)

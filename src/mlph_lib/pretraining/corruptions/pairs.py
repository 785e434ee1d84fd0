"""Two segments: does B follow A, which came first, and which B belongs to which A?"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mlph_lib.generators import check_generator
from mlph_lib.pretraining.arguments import as_tokens
from mlph_lib.pretraining.attention import Attention
from mlph_lib.pretraining.batch import Batch, Source
from mlph_lib.pretraining.corruptions.parts import halves, keys, padded
from mlph_lib.pretraining.vocabulary import Vocabulary

__all__ = ["contrastive", "joined", "next_sentence", "sentence_order"]


def next_sentence(
    tokens: ArrayLike, vocab: Vocabulary, rng: np.random.Generator
) -> Batch:
    """A is the first half of a text, B its second or, with probability 1/2, another's.

    The target is 0 if B follows A and 1 if not, as in BERT's code; the other text is
    never the same one.

    Args:
        tokens: words, shape (n, T), n >= 2 and T even.
        vocab: the ids.
        rng: draws answers and other texts.

    Returns:
        inputs CLS A SEP B SEP, shape (n, T + 3), with segments; one target a row.

    Raises:
        TypeError, ValueError: as `as_tokens`, for one text or an odd length.

    Source: J. Devlin, M.-W. Chang, K. Lee, K. Toutanova, BERT, NAACL 2019, section
    3.1.

    Example:
        >>> vocab, rng = Vocabulary(3), np.random.default_rng(0)
        >>> batch = next_sentence([[0, 0], [1, 1]], vocab, rng)  # CLS is 5, SEP is 6
        >>> batch.inputs, batch.targets.ravel()
        (array([[5, 0, 6, 0, 6],
               [5, 1, 6, 0, 6]]), array([0, 1]))
    """
    tokens = as_tokens(tokens, vocab.words)
    check_generator(rng)
    n = len(tokens)
    if n < 2:
        raise ValueError("another text to take B from needs at least 2 texts, got 1")
    first, second = halves(tokens)
    random = rng.random(n) < 0.5
    other = (np.arange(n) + rng.integers(1, n, size=n)) % n
    second = np.where(random[:, None], second[other], second)
    return joined(list(first), list(second), random, vocab)


def sentence_order(
    tokens: ArrayLike, vocab: Vocabulary, rng: np.random.Generator
) -> Batch:
    """Both halves of a text, swapped with probability 1/2; the target is 1 if so.

    Args:
        tokens: words, shape (n, T), T even.
        vocab: the ids.
        rng: draws the answers.

    Returns:
        as `next_sentence`.

    Raises:
        TypeError, ValueError: as `as_tokens`, and for an odd length.

    Source: Z. Lan et al., ALBERT, ICLR 2020, section 3.1.

    Example:
        >>> vocab, rng = Vocabulary(3), np.random.default_rng(0)
        >>> batch = sentence_order([[0, 1], [0, 1]], vocab, rng)  # CLS is 5, SEP is 6
        >>> batch.inputs, batch.targets.ravel()
        (array([[5, 0, 6, 1, 6],
               [5, 1, 6, 0, 6]]), array([0, 1]))
    """
    tokens = as_tokens(tokens, vocab.words)
    check_generator(rng)
    first, second = halves(tokens)
    swapped = rng.random(len(tokens)) < 0.5
    a = np.where(swapped[:, None], second, first)
    b = np.where(swapped[:, None], first, second)
    return joined(list(a), list(b), swapped, vocab)


def contrastive(
    tokens: ArrayLike, vocab: Vocabulary, rng: np.random.Generator | None = None
) -> Batch:
    """Which of the batch's second halves belongs to this first half? Row i's is i.

    Args:
        tokens: words, shape (n, T), n >= 2 and T even.
        vocab: the ids.
        rng: not used, nothing here is random.

    Returns:
        inputs the first halves, source the second, targets 0, ..., n - 1.

    Raises:
        TypeError, ValueError: as `next_sentence`.

    Source: A. van den Oord, Y. Li, O. Vinyals, Representation learning with
    contrastive predictive coding, 2018, arXiv:1807.03748.

    Example:
        >>> batch = contrastive([[0, 0], [1, 1]], Vocabulary(2))
        >>> batch.source.inputs.tolist(), batch.targets.tolist()
        ([[0], [1]], [[0], [1]])
    """
    tokens = as_tokens(tokens, vocab.words)
    n = len(tokens)
    if n < 2:
        raise ValueError("a text to tell apart from others needs 2 texts, got 1")
    first, second = halves(tokens)
    targets = np.arange(n)[:, None]
    full = Attention("full")
    return Batch(first, targets, np.ones((n, 1)), full, source=Source(second))


def joined(
    first: list[np.ndarray],
    second: list[np.ndarray],
    answer: ArrayLike,
    vocab: Vocabulary,
) -> Batch:
    """CLS A SEP B SEP, segment 1 from B on, and one binary target read at CLS."""
    cls, sep = [vocab.cls], [vocab.sep]
    rows = [
        np.concatenate([cls, a, sep, b, sep])
        for a, b in zip(first, second, strict=True)
    ]
    inputs = padded(rows, vocab.pad)
    start = np.array([len(a) + 2 for a in first])
    segments = np.arange(inputs.shape[1]) >= start[:, None]
    return Batch(
        inputs,
        np.asarray(answer, dtype=np.int64)[:, None],
        np.ones((len(rows), 1)),
        Attention("full", keys=keys(inputs, vocab)),
        segments=segments.astype(np.int64),
    )

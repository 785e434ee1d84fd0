"""Objectives that hide tokens and ask for them back: masks, whole words, diffusion."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mlph_lib.generators import check_generator
from mlph_lib.pretraining.arguments import as_text, check_rate
from mlph_lib.pretraining.attention import Attention
from mlph_lib.pretraining.batch import Batch
from mlph_lib.pretraining.corruptions.parts import keys
from mlph_lib.pretraining.vocabulary import Vocabulary

__all__ = ["hidden", "masked_diffusion", "masked_lm", "whole_word"]


def masked_lm(
    tokens: ArrayLike,
    vocab: Vocabulary,
    rng: np.random.Generator,
    rate: float = 0.15,
    replace: tuple[float, float, float] = (1.0, 0.0, 0.0),
) -> Batch:
    """Each word is chosen with probability `rate`; the chosen ones are the targets.

    A chosen token becomes MASK, a random word or itself. Choices are independent, so
    a text may have no target: it then counts for nothing. To force one would tilt the
    law of the masks, and the exact limit belongs to the law. Random tokens are words;
    BERT's code and transformers' draw special tokens among them.

    Args:
        tokens: integers, shape (n, T); special tokens are never chosen.
        vocab: the ids.
        rng: draws all choices.
        rate: in (0, 1).
        replace: shares of MASK, random and kept; (0.8, 0.1, 0.1) is BERT's rule.

    Returns:
        inputs and targets of shape (n, T), weight 1 where chosen, full attention.

    Raises:
        TypeError, ValueError: as `as_text`, and for rates that are none.

    Source: J. Devlin, M.-W. Chang, K. Lee, K. Toutanova, BERT, NAACL 2019, section
    3.1.

    Example:
        >>> vocab = Vocabulary(words=3)
        >>> batch = masked_lm([[0, 1, 2, 0]], vocab, np.random.default_rng(2), 0.5)
        >>> (batch.inputs == vocab.mask).astype(int), batch.weights
        (array([[1, 1, 0, 1]]), array([[1., 1., 0., 1.]]))
    """
    tokens = as_text(tokens, vocab)
    check_generator(rng)
    check_rate(rate)
    mask, random, _ = as_shares(replace)
    chosen = (rng.random(tokens.shape) < rate) & ~vocab.is_special(tokens)
    how = rng.random(tokens.shape)
    inputs = np.where(chosen & (how < mask), vocab.mask, tokens)
    some = rng.integers(vocab.words, size=tokens.shape)
    inputs = np.where(chosen & (mask <= how) & (how < mask + random), some, inputs)
    return hidden(tokens, inputs, chosen.astype(float), vocab)


def whole_word(
    tokens: ArrayLike,
    vocab: Vocabulary,
    rng: np.random.Generator,
    starts: ArrayLike,
    rate: float = 0.15,
) -> Batch:
    """As `masked_lm`, but all pieces of a word are masked or none.

    Each word is chosen with probability `rate`. As in transformers since 5.0, every
    chosen piece becomes MASK, never a random or its own id.

    Args:
        tokens: integers, shape (n, T).
        vocab: the ids.
        rng: draws all choices.
        starts: boolean, shape (n, T) or (T,), true at the first piece of every word.
        rate: in (0, 1).

    Raises:
        TypeError, ValueError: as `masked_lm`, and if a piece comes before any start.

    Source: google-research/bert, README of 31 May 2019.

    Example:
        >>> vocab, rng = Vocabulary(3), np.random.default_rng(0)
        >>> batch = whole_word([[0, 1, 2, 0]], vocab, rng, [True, False] * 2, 0.5)
        >>> batch.weights
        array([[0., 0., 1., 1.]])
    """
    tokens = as_text(tokens, vocab)
    check_generator(rng)
    check_rate(rate)
    starts = np.broadcast_to(starts, tokens.shape)
    if starts.dtype != bool:
        raise TypeError(f"starts must be boolean, got {starts.dtype}")
    word = np.cumsum(starts, axis=1) - 1
    special = vocab.is_special(tokens)
    if np.any((word < 0) & ~special):
        raise ValueError("the first piece of a text must be the start of a word")
    drawn = rng.random(tokens.shape) < rate  # one draw for each word, the rest unused
    chosen = np.take_along_axis(drawn, np.maximum(word, 0), axis=1) & ~special
    inputs = np.where(chosen, vocab.mask, tokens)
    return hidden(tokens, inputs, chosen.astype(float), vocab)


def masked_diffusion(
    tokens: ArrayLike, vocab: Vocabulary, rng: np.random.Generator
) -> Batch:
    """Mask k ~ U{1..L} of the L words, all sets alike, and weigh each by L / k.

    The weighted sum bounds -log p(x) from above in expectation, and is equal to it
    for exact conditionals. To draw a rate t, mask each token with probability t and
    weigh by 1 / t has the same mean and a larger variance. Here the weights of a text
    sum to L whatever k is, so the loss is divided by a fixed number.

    Args:
        tokens: integers, shape (n, T).
        vocab: the ids.
        rng: draws numbers and sets.

    Returns:
        as `masked_lm`, with weight L / k where masked.

    Raises:
        TypeError, ValueError: as `as_text`.

    Source: E. Hoogeboom et al., Autoregressive diffusion models, ICLR 2022,
    arXiv:2110.02037; S. Nie et al., Large language diffusion models, 2025,
    arXiv:2502.09992.

    Example:
        >>> vocab, rng = Vocabulary(3), np.random.default_rng(0)
        >>> batch = masked_diffusion([[0, 1, 2]], vocab, rng)
        >>> batch.weights
        array([[1., 1., 1.]])
    """
    tokens = as_text(tokens, vocab)
    check_generator(rng)
    special = vocab.is_special(tokens)
    words = (~special).sum(axis=1)
    k = rng.integers(1, words + 1)
    place = np.where(special, 2.0, rng.random(tokens.shape))
    rank = place.argsort(axis=1).argsort(axis=1)
    chosen = rank < k[:, None]
    inputs = np.where(chosen, vocab.mask, tokens)
    return hidden(tokens, inputs, chosen * (words / k)[:, None], vocab)


def hidden(
    tokens: np.ndarray, inputs: np.ndarray, weights: np.ndarray, vocab: Vocabulary
) -> Batch:
    """The batch that shows `inputs` to all positions and asks for `tokens`."""
    return Batch(inputs, tokens, weights, Attention("full", keys=keys(inputs, vocab)))


def as_shares(replace: tuple[float, float, float]) -> tuple[float, float, float]:
    """Three shares, none negative, with sum 1."""
    if len(replace) != 3 or min(replace) < 0 or abs(sum(replace) - 1) > 1e-12:
        raise ValueError(
            "replace must hold the shares of MASK, random and kept tokens, none "
            f"negative, with sum 1; got {replace}"
        )
    return replace

"""Objectives that read left to right: next token, after a prefix, several ahead."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mlph_lib.generators import check_generator
from mlph_lib.pretraining.arguments import as_text
from mlph_lib.pretraining.attention import Attention
from mlph_lib.pretraining.batch import Batch
from mlph_lib.pretraining.corruptions.parts import keys, shift
from mlph_lib.pretraining.vocabulary import Vocabulary

__all__ = ["causal_lm", "multi_token", "prefix_lm"]


def causal_lm(
    tokens: ArrayLike, vocab: Vocabulary, rng: np.random.Generator | None = None
) -> Batch:
    """Position t reads BOS, x_1, ..., x_{t-1} and predicts x_t.

    Padding has weight 0. It is an id of its own: where it is the end-of-text id, as
    some tokenizers have it, the end of a text is never learnt.

    Args:
        tokens: integers, shape (n, T).
        vocab: the ids.
        rng: not used, nothing here is random.

    Returns:
        inputs and targets of shape (n, T), causal attention.

    Raises:
        TypeError, ValueError: as `as_text`.

    Source: A. Radford, K. Narasimhan, T. Salimans, I. Sutskever, Improving language
    understanding by generative pre-training, 2018, equation 1.

    Example:
        >>> vocab = Vocabulary(words=3)
        >>> batch = causal_lm([[0, 1, 2]], vocab)
        >>> batch.inputs.tolist() == [[vocab.bos, 0, 1]], batch.targets.tolist()
        (True, [[0, 1, 2]])
    """
    tokens = as_text(tokens, vocab)
    weights = (tokens != vocab.pad).astype(float)
    inputs = shift(tokens, vocab.bos)
    return Batch(inputs, tokens, weights, Attention("causal", keys=keys(inputs, vocab)))


def prefix_lm(tokens: ArrayLike, vocab: Vocabulary, rng: np.random.Generator) -> Batch:
    """x_1, ..., x_s see one another; x_{s+1}, ..., x_T are predicted, s ~ U{1..T-1}.

    The prefix is BOS and s tokens, s + 1 positions, and the first target stands at
    the last of them: the two regions meet in one position.

    Args:
        tokens: integers, shape (n, T), T >= 2.
        vocab: the ids.
        rng: draws the splits.

    Returns:
        as `causal_lm`, with prefix attention and weight 0 in the prefix.

    Raises:
        TypeError, ValueError: as `as_text`, and for a text of one token.

    Source: C. Raffel et al., Exploring the limits of transfer learning with a unified
    text-to-text transformer, JMLR 21 (2020), section 3.2.2.

    Example:
        >>> batch = prefix_lm([[0, 1, 2, 0]], Vocabulary(3), np.random.default_rng(0))
        >>> batch.attention.prefix, batch.weights
        (array([4]), array([[0., 0., 0., 1.]]))
    """
    check_generator(rng)
    plain = causal_lm(tokens, vocab)
    length = plain.weights.sum(axis=1).astype(int)
    if length.min() < 2:
        raise ValueError(
            "a prefix and something after it take at least 2 tokens, got a text of "
            f"{length.min()}"
        )
    split = rng.integers(1, length)
    after = np.arange(plain.inputs.shape[1]) >= split[:, None]
    attention = Attention("prefix", prefix=split + 1, keys=plain.attention.keys)
    return Batch(plain.inputs, plain.targets, plain.weights * after, attention)


def multi_token(
    tokens: ArrayLike,
    vocab: Vocabulary,
    rng: np.random.Generator | None = None,
    k: int = 4,
) -> Batch:
    """Position t predicts x_t, ..., x_{t+k-1}, those that there are.

    Args:
        tokens: integers, shape (n, T).
        vocab: the ids.
        rng: not used, nothing here is random.
        k: number of tokens ahead, 1 <= k <= T.

    Returns:
        as `causal_lm`, with targets and weights of shape (n, T, k).

    Raises:
        TypeError, ValueError: as `as_text`, and for k out of range.

    Source: F. Gloeckle, B. Youbi Idrissi, B. Roziere, D. Lopez-Paz, G. Synnaeve,
    Better & faster large language models via multi-token prediction, ICML 2024.

    Example:
        >>> batch = multi_token([[0, 1, 2]], Vocabulary(3), k=2)
        >>> batch.targets[0].tolist(), batch.weights[0].tolist()
        ([[0, 1], [1, 2], [2, 0]], [[1.0, 1.0], [1.0, 1.0], [1.0, 0.0]])
    """
    plain = causal_lm(tokens, vocab)
    length = plain.inputs.shape[1]
    if not 1 <= k <= length:
        raise ValueError(f"k must lie in 1, ..., {length} (the length), got {k}")
    ahead = np.arange(length)[:, None] + np.arange(k)  # (T, k)
    inside = ahead < length
    ahead = np.where(inside, ahead, 0)
    return Batch(
        plain.inputs,
        np.where(inside, plain.targets[:, ahead], 0),
        plain.weights[:, ahead] * inside,
        plain.attention,
    )

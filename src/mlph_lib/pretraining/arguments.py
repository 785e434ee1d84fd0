"""Checks of arguments that every language and every corruption shares."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mlph_lib.pretraining.vocabulary import Vocabulary

__all__ = ["as_masked", "as_text", "as_tokens", "check_rate"]


def as_tokens(tokens: ArrayLike, size: int) -> np.ndarray:
    """The tokens as int64 of shape (n, T), n and T at least 1, all in [0, size).

    Raises:
        TypeError: if they are not integers (a float id is a bug upstream).
        ValueError: if the shape is wrong or empty, or an id lies outside.

    Example:
        >>> as_tokens([[0, 2, 1]], 3).dtype
        dtype('int64')
    """
    tokens = np.asarray(tokens)
    if tokens.ndim != 2 or tokens.size == 0:
        raise ValueError(
            f"tokens must have shape (n, T) with n, T >= 1, got {tokens.shape}; "
            "an empty sample has nothing to learn from"
        )
    if tokens.dtype.kind not in "iu":
        raise TypeError(f"tokens must be integers, got {tokens.dtype}")
    if tokens.min() < 0 or tokens.max() >= size:
        raise ValueError(
            f"tokens must lie in 0, ..., {size - 1}, got {tokens.min()} to "
            f"{tokens.max()}; is the vocabulary too small?"
        )
    return tokens.astype(np.int64)


def as_text(tokens: ArrayLike, vocab: Vocabulary) -> np.ndarray:
    """Tokens of a vocabulary, (n, T), with at least one word in every row.

    Raises:
        TypeError, ValueError: as `as_tokens`, and for a row of special tokens alone.

    Example:
        >>> as_text([[0, 1]], Vocabulary(2)).shape
        (1, 2)
    """
    tokens = as_tokens(tokens, vocab.size)
    bare = np.flatnonzero(vocab.is_special(tokens).all(axis=1))
    if bare.size:
        raise ValueError(
            f"every sample needs a word, but row {bare[0]} holds special tokens only; "
            "drop such rows before"
        )
    return tokens


def as_masked(masked: ArrayLike, shape: tuple[int, int]) -> np.ndarray:
    """The boolean array of shape (n, T) that says which tokens are hidden.

    Raises:
        TypeError: if it is not boolean (an array of positions would be misread).
        ValueError: if the shape is not the tokens'.

    Example:
        >>> as_masked([[True, False]], (1, 2)).sum()
        np.int64(1)
    """
    masked = np.asarray(masked)
    if masked.dtype != bool:
        raise TypeError(f"masked must be boolean, got {masked.dtype}")
    if masked.shape != shape:
        raise ValueError(f"masked must have the tokens' shape {shape}, {masked.shape=}")
    return masked


def check_rate(rate: float, name: str = "rate") -> None:
    """Accept a rate strictly between 0 and 1 only.

    Raises:
        ValueError: for 0 (nothing to predict), 1 (nothing to see), NaN, or outside.

    Example:
        >>> check_rate(0.15)
    """
    if not 0.0 < rate < 1.0:
        raise ValueError(f"{name} must lie strictly between 0 and 1, got {rate}")

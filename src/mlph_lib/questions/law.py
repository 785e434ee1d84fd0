"""The law of the next token as numbers: its logarithm, entropy and quantiles."""

from __future__ import annotations

import numpy as np
from scipy.special import log_softmax, xlogy

__all__ = ["best", "entropy", "log_law", "quantile"]

def log_law(logits: np.ndarray) -> np.ndarray:
    """log p_v along the last axis, in float64."""
    return log_softmax(np.asarray(logits, float), axis=-1)


def entropy(p: np.ndarray) -> np.ndarray:
    """H = -sum_v p_v log p_v in nats, with 0 log 0 = 0.

    Example:
        >>> float(entropy(np.array([0.5, 0.5, 0.0])) / np.log(2))
        1.0
    """
    return -xlogy(p, p).sum(axis=-1)


def best(values: np.ndarray, top: int) -> np.ndarray:
    """The ``top`` indices of the largest values along the last axis, ties lowest first.

    Example:
        >>> best(np.array([0.0, 2.0, 2.0, 1.0]), 3).tolist()
        [1, 2, 3]
    """
    # argsort of the negated values is stable, so equal ones stay in the order of ids
    return np.argsort(-np.asarray(values, float), axis=-1, kind="stable")[..., :top]


def quantile(
    p: np.ndarray, u: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """min {v: u < p_0 + ... + p_v}, and the cell [low, high) of that v.

    Args:
        p: (B, V) probabilities, tokens in the order of their ids.
        u: (B,) uniforms in [0, 1).

    Returns:
        ids, low, high: (B,); low <= u < high, and the cells of a row tile [0, 1).

    Example:
        >>> ids, low, high = quantile(np.array([[0.25, 0.0, 0.75]]), np.array([0.25]))
        >>> ids.tolist(), low.tolist(), high.tolist()
        ([2], [0.25], [1.0])
    """
    cumulative = np.cumsum(p, axis=-1)
    cumulative /= cumulative[:, -1:]  # ends at 1.0 exactly: no u falls off the end
    ids = (cumulative <= u[:, None]).sum(axis=-1)
    high = np.take_along_axis(cumulative, ids[:, None], -1)[:, 0]
    before = np.take_along_axis(cumulative, np.maximum(ids - 1, 0)[:, None], -1)[:, 0]
    return ids, np.where(ids > 0, before, 0.0), high

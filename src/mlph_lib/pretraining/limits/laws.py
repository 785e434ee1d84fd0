"""From a law of every target to the log-probability of the target that came."""

from __future__ import annotations

import numpy as np

__all__ = ["log_of", "of_binary", "of_targets", "spread"]


def log_of(p: np.ndarray) -> np.ndarray:
    """log p, -inf where p = 0."""
    return np.log(p, out=np.full(np.shape(p), -np.inf), where=np.asarray(p) > 0)


def of_targets(laws: np.ndarray, targets: np.ndarray, weights: np.ndarray):
    """log laws[..., target], and 0 where the weight is 0.

    Args:
        laws: shape (..., V).
        targets, weights: shape (...); a target without weight may be any id.

    Example:
        >>> laws = np.array([[0.25, 0.75], [0.5, 0.5]])
        >>> of_targets(laws, np.array([1, 9]), np.array([1.0, 0.0])).round(3) + 0.0
        array([-0.288,  0.   ])
    """
    asked = weights > 0
    p = np.take_along_axis(laws, np.where(asked, targets, 0)[..., None], axis=-1)
    return np.where(asked, log_of(p[..., 0]), 0.0)


def of_binary(logit: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """log P(target) if the target is 1 with log odds `logit`.

    Example:
        >>> np.exp(of_binary(np.log([3.0, 3.0]), np.array([1, 0])))
        array([0.75, 0.25])
    """
    return -np.logaddexp(0.0, np.where(targets == 1, -logit, logit))


def spread(total: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Each target of a row gets the row's mean, so that sum w * value is the total.

    Where only the law of all targets of a row together is known: means and paired
    gaps come out the same, because a row is one draw.

    Args:
        total: shape (n,).
        weights: shape (n, U).

    Example:
        >>> spread(np.array([-6.0]), np.array([[1.0, 1.0, 0.0]]))
        array([[-3., -3.,  0.]])
    """
    sums = weights.sum(axis=1)
    mean = total / np.where(sums > 0, sums, 1.0)
    return np.where(weights > 0, mean[:, None], 0.0)

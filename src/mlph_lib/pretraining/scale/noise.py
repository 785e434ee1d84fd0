"""The gradient noise scale: how large a batch is before more samples hardly help."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["NoiseScale", "noise_scale"]


class NoiseScale(NamedTuple):
    """B = tr(Sigma) / |G|^2 and its parts, each with its standard error.

    Attributes:
        variance: tr(Sigma), of the gradient of one sample.
        signal: |G|^2, of the mean gradient.
        scale: their ratio, in samples. It means something only where the signal is
            several of its errors above zero.
        variance_error, signal_error, scale_error: standard errors.
    """

    variance: float
    signal: float
    scale: float
    variance_error: float
    signal_error: float
    scale_error: float


def noise_scale(
    squares: np.ndarray, gram: np.ndarray, per_group: int, batch: int
) -> NoiseScale:
    """tr(Sigma) / |G|^2 from gradients of small batches, and from their mean.

    With n gradients g of b samples each, and B = n b samples together,

        |g_b|^2 = mean of |g|^2,        |g_B|^2 = |mean of g|^2,
        |G|^2     = (B |g_B|^2 - b |g_b|^2) / (B - b),
        tr(Sigma) = (|g_b|^2 - |g_B|^2) / (1 / b - 1 / B)

    are both unbiased. Errors come from leaving out one of K groups of gradients at a
    time (jackknife): the groups must be independent and of one size.

    Args:
        squares: mean of |g|^2 over the gradients of each group, shape (K,).
        gram: products of the groups' mean gradients with one another, shape (K, K).
        per_group: gradients in a group.
        batch: b, samples in a gradient.

    Raises:
        ValueError: if shapes do not fit, or there are fewer than three groups.

    Source: S. McCandlish, J. Kaplan, D. Amodei, OpenAI Dota Team, An empirical model
    of large-batch training, 2018, arXiv:1812.06162, appendix A.1.

    Example:
        >>> g = np.array([[3.0], [1.0], [2.0]])  # three gradients of one sample
        >>> found = noise_scale((g**2).sum(1), g @ g.T, per_group=1, batch=1)
        >>> round(found.variance, 9), round(found.signal, 9)  # s^2, and 4 - s^2 / 3
        (1.0, 3.666666667)
    """
    k = len(squares)
    if k < 3 or gram.shape != (k, k) or min(per_group, batch) < 1:
        raise ValueError(
            "expected squares (K,) and products (K, K) of three groups or more, of one "
            f"gradient and sample or more, got {np.shape(squares)}, {gram.shape}, "
            f"{per_group} and {batch}"
        )
    whole = _estimates(squares.mean(), gram.sum() / k**2, k * per_group, batch)
    rest = (squares.sum() - squares) / (k - 1)
    mean = (gram.sum() - 2 * gram.sum(1) + np.diag(gram)) / (k - 1) ** 2
    without = _estimates(rest, mean, (k - 1) * per_group, batch)
    errors = np.sqrt((k - 1) * np.var(without, axis=1))
    return NoiseScale(*map(float, (*whole, *errors)))


def _estimates(small, big, gradients: int, batch: int) -> np.ndarray:
    """(variance, signal, scale) from the two mean squares."""
    samples = gradients * batch
    variance = (small - big) / (1 / batch - 1 / samples)
    signal = (samples * big - batch * small) / (samples - batch)
    return np.array([variance, signal, variance / signal])

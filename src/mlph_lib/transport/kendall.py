"""The law of F(X): uniform in one dimension, Kendall's distribution in more."""

from __future__ import annotations

from operator import index

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaincc

__all__ = ["kendall_cdf"]


def kendall_cdf(t: ArrayLike, d: int) -> np.ndarray:
    """K(t) = t * sum_{k < d} (-log t)^k / k!, the CDF of F(X) = X_1 X_2 ... X_d.

    X holds d independent uniforms, so F(X) is their product and -log F(X) a sum of
    d exponentials: K(t) = P(Gamma(d) >= -log t). Only d = 1 gives the uniform law;
    the mean is 2^-d.

    Args:
        t: where to evaluate, any shape; K is 0 below 0 and 1 above 1.
        d: the dimension, an integer >= 1.

    Returns:
        K(t), of the shape of t; NaN where t is NaN.

    Raises:
        ValueError: if d < 1.
        TypeError: if d is not an integer.

    Source: C. Genest and L.-P. Rivest, Statistical inference procedures for
    bivariate Archimedean copulas, J. Am. Stat. Assoc. 88 (1993), 1034-1043.

    Example:
        >>> kendall_cdf([0.0, 0.25, 1.0], d=1).round(12).tolist()
        [0.0, 0.25, 1.0]
        >>> round(float(kendall_cdf(0.25, d=2)), 6)  # t - t log t
        0.596574
    """
    d = index(d)
    if d < 1:
        raise ValueError(f"the dimension d must be at least 1, got {d}")
    clipped = np.clip(np.asarray(t, dtype=float), 0.0, 1.0)
    with np.errstate(divide="ignore"):
        return gammaincc(d, -np.log(clipped))

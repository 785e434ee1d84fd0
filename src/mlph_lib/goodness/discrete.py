"""The DKW bound for laws on the ids 0, ..., V - 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mlph_lib.goodness.dkw import DkwResult, dkw_epsilon

__all__ = ["dkw_test_ids"]


def dkw_test_ids(
    ids: ArrayLike, probabilities: ArrayLike, alpha: float = 1e-9
) -> DkwResult:
    """Refuse ids with max_v |F_n(v) - F(v)| > sqrt(log(2 / alpha) / (2 n)).

    F(v) = p_0 + ... + p_v. The bound holds for every law; at the jumps of a discrete
    one only the values on them count, not the limits from the left that
    `ks_distance` looks at. A law with one probability off by 4 * bound has a CDF off
    by 2 * bound or more somewhere, so it is refused with probability >= 1 - alpha.

    Args:
        ids: shape (n,), independent draws, integers.
        probabilities: shape (V,), sum 1 up to 1e-9.
        alpha: false-fail rate, in (0, 1).

    Raises:
        TypeError: if the ids are not integers.
        ValueError: if the ids are empty or outside 0, ..., V - 1, the probabilities
            are no law, or alpha is out of range.

    Source: P. Massart, The tight constant in the Dvoretzky-Kiefer-Wolfowitz
    inequality, Ann. Probab. 18 (1990), 1269-1283.

    Example:
        >>> ids = np.random.default_rng(0).choice(3, size=10_000, p=[0.2, 0.5, 0.3])
        >>> bool(dkw_test_ids(ids, [0.2, 0.5, 0.3]))
        True
        >>> bool(dkw_test_ids(ids, [0.3, 0.4, 0.3]))
        False
    """
    p = _as_law(probabilities)
    ids = _as_ids(ids, p.size)
    steps = np.cumsum(np.bincount(ids, minlength=p.size)) / ids.size
    distance = float(np.max(np.abs(steps - np.cumsum(p))))
    bound = dkw_epsilon(ids.size, alpha)
    return DkwResult(distance, bound, ids.size, alpha, 2 * bound, distance <= bound)


def _as_law(probabilities: ArrayLike) -> np.ndarray:
    p = np.asarray(probabilities, dtype=float)
    if p.ndim != 1 or not np.all(p >= 0) or not abs(p.sum() - 1) <= 1e-9:
        raise ValueError(
            "probabilities must have shape (V,), none negative, with sum 1; got shape "
            f"{p.shape} with sum {p.sum()}"
        )
    return p


def _as_ids(ids: ArrayLike, size: int) -> np.ndarray:
    ids = np.asarray(ids)
    if ids.ndim != 1 or ids.size == 0:
        raise ValueError(f"ids must have shape (n,) with n >= 1, got {ids.shape}")
    if ids.dtype.kind not in "iu":
        raise TypeError(f"ids must be integers, got {ids.dtype}")
    if ids.min() < 0 or ids.max() >= size:
        raise ValueError(
            f"ids must lie in 0, ..., {size - 1}, got {ids.min()} to {ids.max()}"
        )
    return ids

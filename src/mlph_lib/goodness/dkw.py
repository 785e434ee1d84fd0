"""The Dvoretzky-Kiefer-Wolfowitz bound as a test of fit.

A test with a tuned seed or a guessed threshold says nothing. The DKW inequality
holds for every n and every law, with Massart's sharp constant:

    P( sup_x |F_n(x) - F(x)| > eps ) <= 2 exp(-2 n eps^2).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["DkwResult", "dkw_epsilon", "dkw_test", "ks_distance"]


@dataclass(frozen=True)
class DkwResult:
    """What `dkw_test` found; true in an `if` exactly when the test passed.

    Attributes:
        distance: sup_x |F_n(x) - F(x)|, the Kolmogorov-Smirnov distance.
        bound: the distance that samples of F exceed with probability <= alpha.
        n: number of samples.
        alpha: the false-fail rate.
        detectable: 2 * bound. Samples of a law whose CDF differs from F by this
            much or more somewhere are refused with probability >= 1 - alpha.
        passed: distance <= bound.
    """

    distance: float
    bound: float
    n: int
    alpha: float
    detectable: float
    passed: bool

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        verdict = "passed" if self.passed else "FAILED"
        return (
            f"{verdict}: distance {self.distance:.3e}, bound {self.bound:.3e} "
            f"(n = {self.n}, false-fail rate {self.alpha:.0e}, "
            f"detects {self.detectable:.3e})"
        )


def dkw_epsilon(n: int, alpha: float = 1e-9) -> float:
    """eps = sqrt(log(2 / alpha) / (2 n)): the DKW bound at false-fail rate alpha.

    Args:
        n: number of independent samples, at least 1.
        alpha: accepted probability of refusing samples that are right, in (0, 1).

    Raises:
        ValueError: if n < 1 or alpha is not inside (0, 1).

    Source: P. Massart, The tight constant in the Dvoretzky-Kiefer-Wolfowitz
    inequality, Ann. Probab. 18 (1990), 1269-1283.

    Example:
        >>> round(dkw_epsilon(10_000), 4)
        0.0327
    """
    if n < 1:
        raise ValueError(f"the DKW bound needs n >= 1 samples, got n = {n}")
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha is a probability inside (0, 1), got {alpha}")
    return float(np.sqrt(np.log(2.0 / alpha) / (2.0 * n)))


def ks_distance(samples: ArrayLike, law: Any | Callable) -> float:
    """D_n = sup_x |F_n(x) - F(x)| between samples and a continuous law.

    The supremum is attained at a sample, before or after its step, so it is exact.

    Args:
        samples: shape (n,), finite, in any order.
        law: an object with a method `cdf` (a frozen scipy distribution, for
            instance), or the CDF itself as a function of an array.

    Raises:
        TypeError: if `law` is neither.
        ValueError: if the samples are empty, not one-dimensional or not finite, or
            if the CDF leaves [0, 1], changes the shape or falls somewhere.

    Example:
        >>> ks_distance([0.1, 0.4, 0.9], lambda x: x)
        0.2666666666666666
    """
    x = np.sort(_as_samples(samples))
    cdf = _cdf_at(law, x)
    steps = np.arange(x.size + 1) / x.size
    return float(max(np.max(steps[1:] - cdf), np.max(cdf - steps[:-1])))


def dkw_test(samples: ArrayLike, law: Any | Callable, alpha: float = 1e-9) -> DkwResult:
    """Refuse samples whose KS distance exceeds sqrt(log(2 / alpha) / (2 n)).

    Samples of the law itself are refused with probability at most alpha; samples of
    a law at KS distance 2 * bound or more are accepted with probability at most
    alpha (the triangle inequality and the same bound for the other law).

    Args:
        samples: shape (n,), independent draws.
        law: an object with `cdf`, or the CDF as a function.
        alpha: false-fail rate, in (0, 1).

    Raises:
        TypeError, ValueError: as `ks_distance` and `dkw_epsilon`.

    Example:
        >>> from scipy.stats import norm
        >>> z = np.random.default_rng(0).standard_normal(10_000)
        >>> result = dkw_test(z, norm())
        >>> result.passed, round(result.bound, 3), round(result.detectable, 3)
        (True, 0.033, 0.065)
        >>> bool(dkw_test(z + 0.2, norm()))
        False
    """
    distance = ks_distance(samples, law)
    n = int(np.size(samples))
    bound = dkw_epsilon(n, alpha)
    return DkwResult(distance, bound, n, alpha, 2 * bound, distance <= bound)


def _as_samples(samples: ArrayLike) -> np.ndarray:
    x = np.asarray(samples, dtype=float)
    if x.ndim != 1 or x.size == 0:
        raise ValueError(f"samples must have shape (n,) with n >= 1, got {x.shape}")
    if not np.all(np.isfinite(x)):
        bad = int(np.flatnonzero(~np.isfinite(x))[0])
        raise ValueError(f"samples must be finite, got {x[bad]} at position {bad}")
    return x


def _cdf_at(law: Any | Callable, x: np.ndarray) -> np.ndarray:
    function = getattr(law, "cdf", law)
    if not callable(function):
        raise TypeError(
            "expected a distribution with a method cdf, or the CDF as a function, "
            f"got {type(law).__name__}"
        )
    cdf = np.asarray(function(x), dtype=float)
    if cdf.shape != x.shape:
        raise ValueError(
            f"the CDF must keep the shape: {x.shape} went in, {cdf.shape} came out"
        )
    if not np.all((cdf >= 0.0) & (cdf <= 1.0)):
        bad = int(np.flatnonzero(~((cdf >= 0.0) & (cdf <= 1.0)))[0])
        raise ValueError(f"a CDF lies in [0, 1], got {cdf[bad]} at x = {x[bad]}")
    if np.any(np.diff(cdf) < -1e-9):
        bad = int(np.argmin(np.diff(cdf)))
        raise ValueError(f"a CDF never falls, this one does right of x = {x[bad]}")
    return cdf

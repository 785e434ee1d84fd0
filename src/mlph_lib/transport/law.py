"""One face for every one-dimensional distribution: ours, scipy's, a reader's own."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["Law", "as_law"]


class Law:
    """A view of a distribution with pdf, cdf, ppf that supplies sf, isf, logpdf.

    What the distribution has is used as it is; what it lacks is derived from
    sf(x) = 1 - cdf(x), isf(q) = ppf(1 - q) and logpdf = log pdf, at the price of
    the relative accuracy of the upper tail.
    """

    def __init__(self, dist: Any) -> None:
        self.dist = dist
        self.pdf, self.cdf, self.ppf = dist.pdf, dist.cdf, dist.ppf
        for name in ("sf", "isf", "logpdf", "support"):
            setattr(self, name, getattr(dist, name, None) or getattr(self, f"_{name}"))

    def _sf(self, x: np.ndarray) -> np.ndarray:
        return 1.0 - np.asarray(self.cdf(x))

    def _isf(self, q: np.ndarray) -> np.ndarray:
        return np.asarray(self.ppf(1.0 - np.asarray(q)))

    def _logpdf(self, x: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):
            return np.log(self.pdf(x))

    def _support(self) -> tuple[float, float]:
        return float(self.ppf(0.0)), float(self.ppf(1.0))

    def bounds(self) -> tuple[float, float]:
        """The ends of the support as two floats."""
        low, high = self.support()
        return float(low), float(high)


def as_law(dist: Any, role: str = "the distribution") -> Law:
    """Wrap anything with scipy's `pdf`, `cdf` and `ppf`.

    Args:
        dist: a frozen continuous `scipy.stats` distribution, the result of
            `from_pdf`, or any object with these three methods.
        role: how an error message calls it.

    Raises:
        TypeError: naming the methods that are missing.

    Example:
        >>> from scipy.stats import norm
        >>> float(as_law(norm()).isf(0.5))
        0.0
    """
    if isinstance(dist, Law):
        return dist
    methods = ("pdf", "cdf", "ppf")
    missing = [m for m in methods if not callable(getattr(dist, m, None))]
    if missing:
        raise TypeError(
            f"{role} needs the methods pdf, cdf and ppf of a continuous frozen "
            "scipy.stats distribution; "
            f"{type(dist).__name__} lacks {', '.join(missing)}"
        )
    return Law(dist)

"""The monotone map that carries one law on the line to another."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mlph_lib.transport.arguments import check_inside
from mlph_lib.transport.law import as_law

__all__ = ["MonotoneMap"]


class MonotoneMap:
    """T(x) = Q_Y(F_X(x)), or Q_Y(1 - F_X(x)) when decreasing: X -> Y.

    Above the median of X the survival functions take over, so that both tails keep
    their relative accuracy. The names are those of `torch.distributions.Transform`.

    Args:
        source: law of X; a frozen scipy distribution, the result of `from_pdf`, or
            any object with pdf, cdf and ppf.
        target: law of Y, likewise.
        increasing: False for the decreasing map.

    Attributes:
        domain, codomain: the supports of X and Y, (low, high).

    Raises:
        TypeError: if source or target lacks one of the methods.

    Source: F. Santambrogio, Optimal Transport for Applied Mathematicians (2015),
    section 2.1, where the increasing map is shown optimal for convex costs.

    Example:
        >>> from scipy.stats import beta
        >>> x_half = beta(2, 1, scale=2)  # density x / 2 on [0, 2]
        >>> falling = beta(1, 2, scale=2)  # density 1 - y / 2 on [0, 2]
        >>> t = MonotoneMap(x_half, falling)  # 2 - sqrt(4 - x^2)
        >>> round(float(t(1.0)), 12), round(float(t.inv(t(1.0))), 12)
        (0.267949192431, 1.0)
        >>> round(float(MonotoneMap(x_half, falling, increasing=False)(0.5)), 12)
        1.5
    """

    def __init__(self, source: Any, target: Any, increasing: bool = True) -> None:
        self.source, self.target = source, target
        self.increasing = bool(increasing)
        self._source = as_law(source, "the source")
        self._target = as_law(target, "the target")
        self.domain = self._source.bounds()
        self.codomain = self._target.bounds()

    def __call__(self, x: ArrayLike) -> np.ndarray:
        """T(x), of the shape of x.

        Raises:
            ValueError: if an x lies outside the support of the source.
        """
        x = check_inside("x", x, self.domain, "the source")
        p, q = self._source.cdf(x), self._source.sf(x)
        from_below, from_above = self._target.ppf, self._target.isf
        if not self.increasing:
            from_below, from_above = from_above, from_below
        lower = np.asarray(p) <= 0.5
        # Each branch sees the median where the other one is in charge.
        low = from_below(np.where(lower, p, 0.5))
        return np.where(lower, low, from_above(np.where(lower, 0.5, q)))

    @property
    def inv(self) -> MonotoneMap:
        """The inverse map, from Y back to X: `t.inv(y)`."""
        return MonotoneMap(self.target, self.source, self.increasing)

    def log_abs_det_jacobian(self, x: ArrayLike, y: ArrayLike) -> np.ndarray:
        """log |T'(x)| = log p_X(x) - log p_Y(y) at y = T(x).

        Args:
            x, y: points and their images, of the same shape.

        Raises:
            ValueError: if the shapes differ or a point lies outside its support.
        """
        x = check_inside("x", x, self.domain, "the source")
        y = check_inside("y", y, self.codomain, "the target")
        if x.shape != y.shape:
            raise ValueError(
                f"y = T(x) must have the shape of x: got x {x.shape}, y {y.shape}"
            )
        return np.asarray(self._source.logpdf(x) - self._target.logpdf(y))

    def __repr__(self) -> str:
        way = "increasing" if self.increasing else "decreasing"
        return f"MonotoneMap({way}, {self.domain} -> {self.codomain})"

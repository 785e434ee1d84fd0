"""A second, independent way to the CDF: quadrature of the density itself."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.integrate import tanhsinh

__all__ = ["quadrature_cdf"]

Density = Callable[[np.ndarray], np.ndarray]

LATTICE = 2001
ENOUGH = 1e-15  # of the whole mass: the error of an interval that is left as it is
PIECES = 8
MOST_CUTS = 14  # into 8 each: down to neighbouring floats


def quadrature_cdf(
    pdf: Density,
    x: np.ndarray,
    low: float,
    high: float,
    points: tuple[float, ...] = (),
) -> np.ndarray:
    """F(x_i) = int_low^x_i p / int_low^high p by tanh-sinh quadrature.

    The density is integrated between neighbouring cuts and summed from the closer
    end, the normalisation included; nothing is shared with the panels or the table.

    Args:
        pdf: density, normalised or not, from shape (n,) to shape (n,).
        x: ascending, inside [low, high].
        points: further places to cut at.

    Example:
        >>> x = np.array([0.25, 0.5])
        >>> quadrature_cdf(lambda x: 2 * x, x, 0.0, 1.0).round(12).tolist()
        [0.0625, 0.25]
    """
    # A lattice besides, or a narrow mode in a wide gap would be overlooked here too.
    ends = [end if np.isfinite(end) else x[i] for end, i in ((low, 0), (high, -1))]
    lattice = np.linspace(*ends, LATTICE)
    cuts = np.unique(np.concatenate([[low], x, points, lattice, [high]]))
    masses = _integrals(pdf, cuts[:-1], cuts[1:])
    below = np.concatenate([[0.0], np.cumsum(masses)])
    above = np.concatenate([np.cumsum(masses[::-1])[::-1], [0.0]])
    cdf = np.where(below < above, below / below[-1], 1.0 - above / below[-1])
    return cdf[np.searchsorted(cuts, x)]


def _integrals(pdf: Density, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The integral over each [a_i, b_i]; what converges badly is cut into pieces."""
    total, owner = np.zeros(a.size), np.arange(a.size)
    whole = 0.0
    for cuts in range(MOST_CUTS + 1):
        value, error = _tanh_sinh(pdf, a, b)
        whole = whole or value.sum()
        good = (error <= ENOUGH * whole) | (cuts == MOST_CUTS)
        np.add.at(total, owner[good], value[good])
        owner = np.repeat(owner[~good], PIECES)
        a, b = _pieces(a[~good], b[~good])
        if a.size == 0:
            break
    return total


@np.errstate(all="ignore")
def _tanh_sinh(
    pdf: Density, a: np.ndarray, b: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    def quiet(x: np.ndarray) -> np.ndarray:
        p = pdf(np.ravel(x)).reshape(np.shape(x))
        return np.where(np.isfinite(p), p, 0.0)

    result = tanhsinh(quiet, a, b, rtol=1e-13, maxlevel=6)
    # Between neighbouring floats there is nothing to transform.
    middle = (b - a) * quiet((a + b) / 2)
    value = np.where(np.isfinite(result.integral), result.integral, middle)
    return np.where(np.isfinite(value), value, 0.0), result.error


def _pieces(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each [a, b] in equal pieces; of an infinite one, the last piece is infinite."""
    near = np.where(np.isfinite(a), a, b)
    reach = np.maximum(1.0, np.abs(near))
    left = np.where(np.isfinite(a), a, b - reach)
    right = np.where(np.isfinite(b), b, a + reach)
    share = np.arange(PIECES + 1) / PIECES
    edges = left[:, None] + (right - left)[:, None] * share
    edges[:, 0], edges[:, -1] = a, b
    return edges[:, :-1].ravel(), edges[:, 1:].ravel()

"""A second, independent way to the CDF: quadrature of the density itself."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from scipy.integrate import IntegrationWarning, quad, tanhsinh

__all__ = ["quadrature_cdf"]

Density = Callable[[np.ndarray], np.ndarray]

LATTICE = 513
ENOUGH = 1e-14  # error of an interval, relative to the whole, that needs no second try


def quadrature_cdf(
    pdf: Density,
    x: np.ndarray,
    low: float,
    high: float,
    points: tuple[float, ...] = (),
) -> np.ndarray:
    """F(x_i) = int_low^x_i p / int_low^high p by tanh-sinh quadrature or QUADPACK.

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
    """The integral over each [a_i, b_i]: tanh-sinh, QUADPACK where that is unsure."""

    def quiet(x: np.ndarray) -> np.ndarray:
        p = pdf(np.ravel(x)).reshape(np.shape(x))
        return np.where(np.isfinite(p), p, 0.0)

    with np.errstate(all="ignore"):
        result = tanhsinh(quiet, a, b, rtol=1e-12, maxlevel=8)
    value = np.array(result.integral)
    sure = result.error <= ENOUGH * np.nansum(np.abs(value))
    for i in np.flatnonzero(~sure):
        value[i] = _quadpack(quiet, a[i], b[i])
    return value


def _quadpack(pdf: Density, a: float, b: float) -> float:
    # What QUADPACK cannot do ends up in the u-error, to the disadvantage of the table.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IntegrationWarning)
        return quad(
            lambda x: float(pdf(np.array([x]))[0]),
            a,
            b,
            epsabs=0.0,
            epsrel=1e-12,
            limit=50,
        )[0]

"""A second, independent way to the CDF: quadrature of the density itself."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from scipy.integrate import IntegrationWarning, quad, tanhsinh

__all__ = ["quadrature_cdf"]

LATTICE = 2001


def quadrature_cdf(
    pdf: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    low: float,
    high: float,
    points: tuple[float, ...] = (),
) -> np.ndarray:
    """F(x_i) = int_low^x_i p / int_low^high p by tanh-sinh quadrature, or QUADPACK.

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


def _integrals(
    pdf: Callable[[np.ndarray], np.ndarray], a: np.ndarray, b: np.ndarray
) -> np.ndarray:
    def quiet(x: np.ndarray) -> np.ndarray:
        p = pdf(np.ravel(x)).reshape(np.shape(x))
        return np.where(np.isfinite(p), p, 0.0)

    def one(x: float) -> float:
        return float(quiet(np.array([x]))[0])

    with np.errstate(all="ignore"):
        result = tanhsinh(quiet, a, b, rtol=1e-12, maxlevel=8)
    value = np.array(result.integral)
    for i in np.flatnonzero(~(result.error <= 1e-13 * np.nansum(np.abs(value)))):
        # Whatever QUADPACK cannot do ends up in the u-error, to its disadvantage.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", IntegrationWarning)
            value[i] = quad(one, a[i], b[i], epsabs=0.0, epsrel=1e-12, limit=50)[0]
    return value

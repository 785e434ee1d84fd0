"""Mean, variance and entropy of a density resolved into panels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mlph_lib.transport.panels import NODES, Panels, tail_powers

__all__ = ["entropy", "mean", "variance"]

_node, _weight = np.polynomial.legendre.leggauss(NODES)
_MARGIN = 1e-3  # what the measured exponent of a tail may be off


def mean(panels: Panels) -> float:
    """E X; infinite for one heavy tail (|x|^-2 or slower), NaN for two."""
    heavy = [power > -2 - _MARGIN for power in tail_powers(panels)]
    if any(heavy):
        return np.nan if all(heavy) else (-np.inf if heavy[0] else np.inf)
    return _expect(panels, lambda x: x)


def variance(panels: Panels) -> float:
    """E (X - E X)^2; infinite for a tail |x|^-3 or slower, NaN without a mean."""
    centre = mean(panels)
    if not np.isfinite(centre):
        return np.nan
    if any(power > -3 - _MARGIN for power in tail_powers(panels)):
        return np.inf
    return _expect(panels, lambda x: (x - centre) ** 2)


def entropy(panels: Panels) -> float:
    """-int p log p, in nats; 0 log 0 = 0."""
    value = panels.value
    log = np.log(np.where(value > 0, value, 1.0))
    parts = (panels.high - panels.low) / 2 * ((value * log) @ _weight)
    # On a cap p = p_edge (d / size)^a, so E log p = log p_edge - a / (1 + a).
    at = panels.cap != 0
    power = panels.power[at]
    parts[at] = panels.mass[at] * (log[at, 0] - power / (1 + power))
    return -float(parts.sum())


def _expect(panels: Panels, f: Callable[[np.ndarray], np.ndarray]) -> float:
    half = (panels.high - panels.low) / 2
    middle = (panels.high + panels.low) / 2
    x = panels.anchor[:, None] + (middle[:, None] + half[:, None] * _node)
    with np.errstate(over="ignore", invalid="ignore"):
        weighted = np.where(panels.value > 0, f(x) * panels.value, 0.0) @ _weight
    parts = half * weighted
    at = panels.cap != 0
    size = (panels.high - panels.low)[at]
    share = (1 + panels.power[at]) / (2 + panels.power[at])
    centre = panels.anchor[at] + panels.cap[at] * size * share
    parts[at] = panels.mass[at] * f(centre)
    return float(parts.sum())

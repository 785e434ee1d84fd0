"""A density resolved into panels, with its distribution function from both ends.

On each panel the density is a polynomial through 8 Gauss-Legendre nodes. Panels are
halved until that polynomial meets the density between the nodes, relative to the
mass that lies beyond the panel: small tails are as accurate as the bulk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import legendre

from mlph_lib.transport.mesh import Mesh

__all__ = ["Panels", "resolve"]

Density = Callable[[np.ndarray], np.ndarray]

NODES = 8
TOLERANCE = 5e-13  # of a panel's density, relative to the mass beyond the panel
UNRESOLVED = 1e-11  # mass that may sit in panels too narrow to be halved
MOST_PANELS = 100_000
VANISHED = 1e-40  # share of the mass below which a density counts as gone
FLOOR = 1e-290  # share of the mass below which tails are no longer resolved

_node, _weight = legendre.leggauss(NODES)
_test = np.concatenate([[-0.999], (_node[:-1] + _node[1:]) / 2, [0.999]])
_to_power = np.linalg.inv(np.vander(_node, increasing=True))  # values -> coefficients
_between = np.vander(_test, NODES, increasing=True) @ _to_power
_slope = np.array([k * _node ** max(k - 1, 0) for k in range(NODES)]).T @ _to_power


@dataclass
class Panels:
    """K panels ordered by x; panel k holds the mass between cut k and cut k + 1.

    Attributes:
        anchor, low, high, cap: as in `Mesh`, shape (K,).
        value: normalised density at the nodes, shape (K, 8).
        coef: its coefficients in powers of s in [-1, 1], shape (8, K).
        power: exponent a of the density |offset|^a on caps, shape (K,).
        below: mass left of each cut, summed from the left, shape (K + 1,).
        above: mass right of each cut, summed from the right, shape (K + 1,).
        total: mass of the density as the reader gave it.
    """

    anchor: np.ndarray
    low: np.ndarray
    high: np.ndarray
    cap: np.ndarray
    value: np.ndarray
    power: np.ndarray
    total: float

    def __post_init__(self) -> None:
        self.value = self.value / self.total
        self.coef = np.ascontiguousarray((self.value @ _to_power.T).T)
        self.mass = _masses(self.low, self.high, self.value, self.cap, self.power)
        self.below = np.concatenate([[0.0], np.cumsum(self.mass)])
        self.above = np.concatenate([np.cumsum(self.mass[::-1])[::-1], [0.0]])
        self.start = self.anchor + self.low
        self._half = (self.high - self.low) / 2
        self._middle = (self.high + self.low) / 2
        self._order = 1.0 / np.arange(1, NODES + 1)
        # sum_k c_k (-1)^(k+1) / (k+1): what the antiderivative has at s = -1.
        signs = (-1.0) ** np.arange(1, NODES + 1)
        self._at_left = (signs * self._order) @ self.coef

    def cdf_sf(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """F(x) and 1 - F(x), each accurate in its own tail, for x in the support."""
        k = np.clip(np.searchsorted(self.start, x, side="right") - 1, 0, None)
        part = self._part(k, x - self.anchor[k])
        return self._from_both_ends(k, part)

    def _from_both_ends(
        self, k: np.ndarray, part: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        left = self.below[k] + part
        right = self.above[k + 1] + (self.mass[k] - part)
        lower = left < 0.5
        return np.where(lower, left, 1.0 - right), np.where(lower, 1.0 - left, right)

    def _part(self, k: np.ndarray, offset: np.ndarray) -> np.ndarray:
        """Mass of panel k left of an offset, within [0, mass]."""
        s = np.clip((offset - self._middle[k]) / self._half[k], -1.0, 1.0)
        part = self._half[k] * (self._antiderivative(k, s) - self._at_left[k])
        cap = self.cap[k] != 0
        if np.any(cap):
            part[cap] = self._cap_part(k[cap], offset[cap])
        return np.clip(part, 0.0, self.mass[k])

    def _antiderivative(self, k: np.ndarray, s: np.ndarray) -> np.ndarray:
        total = np.zeros_like(s)
        for row, order in zip(self.coef[::-1], self._order[::-1], strict=True):
            total = (total + row[k] * order) * s
        return total

    def _density(self, k: np.ndarray, s: np.ndarray) -> np.ndarray:
        total = np.zeros_like(s)
        for row in self.coef[::-1]:
            total = total * s + row[k]
        return total

    def _cap_part(self, k: np.ndarray, offset: np.ndarray) -> np.ndarray:
        size = self.high[k] - self.low[k]
        share = np.clip(np.abs(offset) / size, 0.0, 1.0) ** (1 + self.power[k])
        return self.mass[k] * np.where(self.cap[k] > 0, share, 1.0 - share)

    def quantile(self, t: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """x with F(x) = t, or 1 - F(x) = t where `upper`, for 0 < t <= 1/2."""
        k = np.empty(t.shape, dtype=np.intp)
        last = self.mass.size - 1
        k[~upper] = np.searchsorted(self.below[1:], t[~upper])
        k[upper] = last - np.searchsorted(self.above[-2::-1], t[upper])
        k = np.clip(k, 0, last)
        part = np.where(
            upper, self.mass[k] - (t - self.above[k + 1]), t - self.below[k]
        )
        part = np.clip(part, 0.0, self.mass[k])
        offset = self._solve(k, part)
        cap = self.cap[k] != 0
        if np.any(cap):
            offset[cap] = self._cap_offset(k[cap], t[cap], upper[cap], part[cap])
        return self.anchor[k] + offset

    def _solve(self, k: np.ndarray, part: np.ndarray) -> np.ndarray:
        """Offset at which panel k holds the mass `part`: bracketed Newton steps."""
        goal = part / self._half[k] + self._at_left[k]
        mass = self.mass[k]
        s = np.where(mass > 0, 2 * part / np.where(mass > 0, mass, 1.0) - 1, 0.0)
        todo = np.arange(s.size)
        left, right = np.full(s.shape, -1.0), np.full(s.shape, 1.0)
        for _ in range(60):
            now, kk = s[todo], k[todo]
            gap = self._antiderivative(kk, now) - goal[todo]
            left[todo] = np.where(gap < 0, now, left[todo])
            right[todo] = np.where(gap < 0, right[todo], now)
            slope = self._density(kk, now)
            with np.errstate(divide="ignore", invalid="ignore"):
                new = now - gap / slope
            inside = (new >= left[todo]) & (new <= right[todo])
            new = np.where(inside, new, (left[todo] + right[todo]) / 2)
            s[todo] = new
            todo = todo[np.abs(new - now) > 1e-15]
            if todo.size == 0:
                break
        return self._middle[k] + self._half[k] * s

    def _cap_offset(
        self, k: np.ndarray, t: np.ndarray, upper: np.ndarray, part: np.ndarray
    ) -> np.ndarray:
        # On the outermost caps t itself is the mass beside the end: no rounding.
        right = self.cap[k] > 0
        beside = np.where(right, part, self.mass[k] - part)
        outermost = np.where(right, (k == 0) & ~upper, (k == self.mass.size - 1) & upper)
        beside = np.where(outermost, t, beside)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.clip(beside / self.mass[k], 0.0, 1.0)
        share = np.where(np.isfinite(share), share, 0.0)
        size = self.high[k] - self.low[k]
        return self.cap[k] * size * share ** (1 / (1 + self.power[k]))


def resolve(pdf: Density, mesh: Mesh) -> Panels:
    """Halve panels until the density is known to 5e-13 of the mass beyond each.

    Args:
        pdf: vectorised density, checked already for shape and sign.
        mesh: where to start.

    Raises:
        ValueError: if the density is infinite or NaN where it matters, holds no
            mass, is not integrable, or cannot be resolved.
    """
    power = _cap_powers(pdf, mesh)
    density = _tolerant(pdf, mesh)
    anchor, low, high, cap = mesh.anchor, mesh.low, mesh.high, mesh.cap
    segment = np.cumsum(np.r_[True, (cap[1:] > 0) | (cap[:-1] < 0)])
    value, error = _look(density, anchor, low, high)
    while True:
        bad, unresolved = _judge(anchor, low, high, cap, power, value, error)
        if not np.any(bad):
            break
        if low.size > MOST_PANELS:
            worst = np.argmax(error * (high - low) * bad)
            raise ValueError(
                f"the density needs more than {MOST_PANELS} panels, most of them near "
                f"x = {anchor[worst] + low[worst]:.6g}: is it smooth between `points`?"
            )
        middle = (low[bad] + high[bad]) / 2
        new_low = np.concatenate([low[bad], middle])
        new_high = np.concatenate([middle, high[bad]])
        new_anchor = np.tile(anchor[bad], 2)
        new_value, new_error = _look(density, new_anchor, new_low, new_high)

        def merged(old: np.ndarray, new: np.ndarray, bad: np.ndarray = bad):
            return np.concatenate([old[~bad], new])

        segment = merged(segment, np.tile(segment[bad], 2))
        anchor, low = merged(anchor, new_anchor), merged(low, new_low)
        high, value = merged(high, new_high), merged(value, new_value)
        error = merged(error, new_error)
        cap = merged(cap, np.zeros(new_low.size, dtype=int))
        power = merged(power, np.zeros(new_low.size))
        order = np.lexsort((low, segment))
        segment, anchor, low, high, value, error, cap, power = (
            a[order] for a in (segment, anchor, low, high, value, error, cap, power)
        )
    mass = _masses(low, high, value, cap, power)
    total = float(mass.sum())
    lost = float((error * (high - low))[unresolved].sum())
    if lost > UNRESOLVED * total:
        worst = np.argmax(error * (high - low) * unresolved)
        raise ValueError(
            f"the density is not resolved near x = {anchor[worst] + low[worst]:.6g}: "
            "name a singularity or a jump there in `points`"
        )
    return Panels(anchor, low, high, cap, value, power, total)


def _look(
    density: Density, anchor: np.ndarray, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Density at the nodes, (K, 8), and its largest miss between them, (K,)."""
    value = density(_places(anchor, low, high, _node))
    seen = density(_places(anchor, low, high, _test))
    miss = np.max(np.abs(seen - value @ _between.T), axis=1)
    # What rounding of x and of the density itself can do is not worth a split.
    half = (high - low) / 2
    steepest = np.max(np.abs(value @ _slope.T), axis=1) / half
    reach = np.maximum(np.abs(anchor + low), np.abs(anchor + high))
    noise = 2.0**-52 * (64 * np.max(value, axis=1) + 4 * reach * steepest)
    return value, np.where(miss <= noise, 0.0, miss)


def _places(
    anchor: np.ndarray, low: np.ndarray, high: np.ndarray, s: np.ndarray
) -> np.ndarray:
    middle, half = (low + high) / 2, (high - low) / 2
    return anchor[:, None] + (middle[:, None] + half[:, None] * s)


def _judge(anchor, low, high, cap, power, value, error):
    """Which panels to halve, and which ones are bad but cannot be halved."""
    mass = _masses(low, high, value, cap, power)
    below, above = np.cumsum(mass), np.cumsum(mass[::-1])[::-1]
    beyond = np.minimum(below, above)
    if below[-1] <= 0:
        raise ValueError(
            "the density is zero wherever it was looked at: name the location and "
            "scale of what it holds in `points`"
        )
    allowed = np.maximum(TOLERANCE * beyond, FLOOR * below[-1])
    bad = (error * (high - low) > allowed) & (cap == 0)
    reach = np.maximum(np.abs(anchor + low), np.abs(anchor + high))
    splittable = high - low > 16 * np.spacing(reach)
    return bad & splittable, bad & ~splittable


def _masses(low, high, value, cap, power) -> np.ndarray:
    width = high - low
    mass = width / 2 * (value @ _weight)
    at = cap != 0
    # value[:, 0] on a cap is the density at its outer edge.
    mass[at] = value[at, 0] * width[at] / (1 + power[at])
    return mass


def _cap_powers(pdf: Density, mesh: Mesh) -> np.ndarray:
    return np.zeros(mesh.low.size)


def _tolerant(pdf: Density, mesh: Mesh) -> Density:
    return pdf

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
MOST_STALE = 4
VANISHED = 1e-40  # share of the mass below which a density counts as gone
FLOOR = 1e-290  # share of the mass below which tails are no longer resolved
DENORMAL = 1e-305  # densities below it have lost their digits
MOST_SINGULAR = -0.98  # exponents closer to -1 cannot be told from not integrable
HEAVIEST_TAIL = -1.045  # |x|^a above it leaves mass that no float can reach

_node, _weight = legendre.leggauss(NODES)
# Close to both ends, or a jump there would be overlooked from either side.
_test = np.concatenate([[-1 + 1e-9], (_node[:-1] + _node[1:]) / 2, [1 - 1e-9]])
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

    def grain(self, x: np.ndarray) -> np.ndarray:
        """What rounding does to x: its own spacing, or its anchor's if that is more."""
        k = np.clip(np.searchsorted(self.start, x, side="right") - 1, 0, None)
        return np.spacing(np.maximum(np.abs(x), np.abs(self.anchor[k])))

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
        last = self.mass.size - 1
        outermost = np.where(right, (k == 0) & ~upper, (k == last) & upper)
        beside = np.where(outermost, t, beside)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.clip(beside / self.mass[k], 0.0, 1.0)
        share = np.where(np.isfinite(share), share, 0.0)
        size = self.high[k] - self.low[k]
        return self.cap[k] * size * share ** (1 / (1 + self.power[k]))


@np.errstate(all="ignore")  # densities and places reach over all of the exponents
def resolve(pdf: Density, mesh: Mesh) -> Panels:
    """Halve panels until the density is known to 5e-13 of the mass beyond each.

    Args:
        pdf: vectorised density, checked already for shape and sign.
        mesh: where to start.

    Raises:
        ValueError: if the density is infinite or NaN where it matters, holds no
            mass, is not integrable, or cannot be resolved.
    """
    pdf = _forgiving(pdf, mesh)
    draft = _Draft.start(pdf, mesh)
    while True:
        split, stuck = draft.judge()
        if not np.any(split):
            break
        draft = draft.halved(split)
    total = float(draft.mass().sum())
    lost = np.where(stuck, draft.error * (draft.high - draft.low), 0.0)
    if lost.sum() > UNRESOLVED * total:
        worst = draft.start_of(int(lost.argmax()))
        raise ValueError(
            f"the density is not resolved near x = {worst:.6g}: "
            "name a singularity there in `points`, or remove the noise of its values"
        )
    return draft.panels(total)


@dataclass
class _Draft:
    """Panels on their way; arrays of one length, ordered by segment and offset."""

    pdf: Density
    segment: np.ndarray  # a segment is what hangs on one side of one anchor
    anchor: np.ndarray
    low: np.ndarray
    high: np.ndarray
    cap: np.ndarray
    power: np.ndarray  # density ~ |offset|^power next to the anchor
    value: np.ndarray  # at the nodes; on a cap, at its outer edge
    error: np.ndarray  # largest miss between the nodes
    stale: np.ndarray  # halvings in a row that did not help

    COLUMNS = ("segment", "anchor", "low", "high", "cap", "power")
    COLUMNS += ("value", "error", "stale")

    @classmethod
    def start(cls, pdf: Density, mesh: Mesh) -> _Draft:
        anew = (np.diff(mesh.anchor) != 0) | (mesh.cap[1:] > 0) | (mesh.cap[:-1] < 0)
        new_segment = np.r_[True, anew]
        segment = np.cumsum(new_segment) - 1
        power, edge = _singularities(pdf, mesh, segment)
        cap = np.where(power[segment] < 0, mesh.cap, 0)
        where = segment, mesh.anchor, mesh.low, mesh.high, cap, power[segment]
        zeros = np.zeros(segment.size)
        draft = cls(pdf, *where, zeros, zeros, zeros)
        draft.look()
        at = cap != 0
        draft.value[at], draft.error[at] = edge[segment[at], None], 0.0
        _check_tails(draft)
        return draft

    def look(self) -> None:
        """Evaluate the density at the nodes and between them."""
        self.value = self._sample(_node)
        miss = np.abs(self._sample(_test) - self.value @ _between.T).max(axis=1)
        # What rounding of x and of the density itself can do is not worth a split.
        half = (self.high - self.low) / 2
        steepest = np.abs(self.value @ _slope.T).max(axis=1) / half
        noise = 64 * self.value.max(axis=1) + 4 * self.reach() * steepest
        # (an unnamed singularity excepted, which is steep down to the last float)
        noise = np.minimum(noise * 2.0**-52, 0.01 * self.value.max(axis=1))
        self.error = np.where(miss <= np.maximum(noise, DENORMAL), 0.0, miss)

    def _sample(self, s: np.ndarray) -> np.ndarray:
        x, offset = _places(self.anchor, self.low, self.high, s)
        value = self.pdf(x)
        # x is rounded; next to a singularity that moves the density too much.
        near = (self.power < 0) & (self.anchor != 0)
        if np.any(near):
            rounded = x[near] - self.anchor[near, None]
            value[near] *= (offset[near] / rounded) ** self.power[near, None]
        return value

    def judge(self) -> tuple[np.ndarray, np.ndarray]:
        """Which panels to halve, and which ones are bad but too narrow for it."""
        mass = self.mass()
        below, above = np.cumsum(mass), np.cumsum(mass[::-1])[::-1]
        if not below[-1] > 0:
            raise ValueError(
                "the density is zero wherever it was looked at: name the location "
                "and scale of what it holds in `points`"
            )
        allowed = np.maximum(
            TOLERANCE * np.minimum(below, above), FLOOR * below[-1]
        )
        bad = self.error * (self.high - self.low) > allowed
        wide = self.high - self.low > 16 * np.spacing(self.reach())
        useful = wide & (self.stale < MOST_STALE)
        return bad & useful, bad & ~useful

    def halved(self, split: np.ndarray) -> _Draft:
        """The draft with the marked panels replaced by their halves."""
        if self.low.size > MOST_PANELS:
            worst = np.argmax(self.error * (self.high - self.low) * split)
            raise ValueError(
                f"the density needs more than {MOST_PANELS} panels, the worst one near "
                f"x = {self.start_of(worst):.6g}: is it smooth between `points`?"
            )
        kept, left, right = (self._where(m) for m in (~split, split, split))
        left.high = right.low = (left.low + left.high) / 2
        before = left.error / 4
        left.look()
        right.look()
        # A jump stays in one half, a wave is resolved soon; noise is in both, always.
        noisy = (left.error > before) & (right.error > before)
        left.stale = right.stale = np.where(noisy, left.stale + 1, 0)
        parts = kept, left, right
        columns = [np.concatenate([getattr(p, c) for p in parts]) for c in self.COLUMNS]
        merged = _Draft(self.pdf, *columns)
        return merged._where(np.lexsort((merged.low, merged.segment)))

    def _where(self, chosen: np.ndarray) -> _Draft:
        return _Draft(self.pdf, *(getattr(self, c)[chosen] for c in self.COLUMNS))

    def mass(self) -> np.ndarray:
        return _masses(self.low, self.high, self.value, self.cap, self.power)

    def reach(self) -> np.ndarray:
        return np.maximum(
            np.abs(self.anchor + self.low), np.abs(self.anchor + self.high)
        )

    def start_of(self, k: int) -> float:
        return float(self.anchor[k] + self.low[k])

    def panels(self, total: float) -> Panels:
        places = self.anchor, self.low, self.high, self.cap
        return Panels(*places, self.value, self.power, total)


def _places(
    anchor: np.ndarray, low: np.ndarray, high: np.ndarray, s: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The x and the offsets at places s of each panel, (K, len(s)); x never an anchor.

    At an anchor a density may be infinite or 0 log 0; one float beside it is not.
    """
    middle, half = (low + high)[:, None] / 2, (high - low)[:, None] / 2
    offset, anchor = middle + half * s, anchor[:, None]
    x = anchor + offset
    beside = np.nextafter(anchor, np.copysign(np.inf, middle))
    return np.where(x == anchor, beside, x), offset


def _masses(
    low: np.ndarray,
    high: np.ndarray,
    value: np.ndarray,
    cap: np.ndarray,
    power: np.ndarray,
) -> np.ndarray:
    width = high - low
    edge = value[:, 0] / np.where(cap != 0, 1 + power, 1.0)
    return width * np.where(cap != 0, edge, value @ _weight / 2)


def _singularities(
    pdf: Density, mesh: Mesh, segment: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Exponent a < 0 of each segment's singularity, 0 without; density at its cap."""
    cap = np.flatnonzero(mesh.cap)  # segments come from the left, one cap each
    anchor, sign = mesh.anchor[cap], mesh.cap[cap]
    size = mesh.high[cap] - mesh.low[cap]
    edges = np.abs(mesh.low), np.abs(mesh.high)
    reach = np.array([max(e[segment == k].max() for e in edges) for k in segment[cap]])
    x = anchor + sign * np.array([size / 16, size, np.minimum(16 * size, reach)])
    p, d = pdf(x), np.abs(x - anchor)
    with np.errstate(divide="ignore", invalid="ignore"):
        inner, outer = np.log(p[1:] / p[:-1]) / np.log(d[1:] / d[:-1])
        # A smooth density flattens towards the anchor, a singular one does not.
        singular = (p > 0).all(axis=0) & (outer < -1e-3) & (inner < outer / 2)
        power = np.where(singular, outer, 0.0)
        edge = p[1] * (size / d[1]) ** power
    for k in np.flatnonzero(power < MOST_SINGULAR):
        raise ValueError(
            f"the density is not integrable: next to x = {anchor[k]:.6g} it grows "
            f"like |x - {anchor[k]:.6g}|^{power[k]:.3f}"
        )
    return power, edge


def _check_tails(draft: _Draft) -> None:
    """Refuse a density that falls too slowly towards an infinite end."""
    for way, power in zip((-1, 1), tail_powers(draft), strict=True):
        if power > HEAVIEST_TAIL:
            raise ValueError(
                f"the density is not integrable, or its tail is too heavy: towards "
                f"{'-inf' if way < 0 else 'inf'} it falls like |x|^{power:.3f}"
            )


def tail_powers(panels: _Draft | Panels) -> tuple[float, float]:
    """Exponents a of the density ~ |x|^a towards both ends; -inf at a finite end.

    Measured at the outermost place where the density is not yet denormal.
    """
    return _tail_power(panels, slice(None, None, -1)), _tail_power(panels, slice(None))


def _tail_power(panels: _Draft | Panels, order: slice) -> float:
    middle = (panels.low + panels.high) / 2 + (panels.high - panels.low) / 2 * _node[3]
    middle = np.abs(panels.anchor + middle)[order]
    value = panels.value[order][:, 3]
    if middle[-1] < 2.0**900:
        return -np.inf
    alive = np.flatnonzero(value > 1e-290)
    if alive.size == 0:
        return -np.inf
    last, first = alive[-1], alive[max(0, alive.size - 9)]
    if middle[last] <= middle[first]:  # it is over before x = 0
        return -np.inf
    ratio = np.log(value[last] / value[first])
    return float(ratio / np.log(middle[last] / middle[first]))


def _forgiving(pdf: Density, mesh: Mesh) -> Density:
    """The density with NaN and inf read as 0 beyond where it has vanished.

    exp(-x) / (1 + exp(-x))^2 is NaN at x = -800 for want of exponents, not of a
    density. Such values are accepted outside the outermost panels in which the
    density is finite and holds less than 1e-40 of the mass; anywhere else they are
    an error.
    """
    low, high = _trusted_range(pdf, mesh)

    def forgiving(x: np.ndarray) -> np.ndarray:
        value = pdf(x)
        bad = ~np.isfinite(value)
        if np.any(bad):
            wrong = bad & (x >= low) & (x <= high)
            if np.any(wrong):
                raise ValueError(
                    f"the density must be finite inside its support, got "
                    f"{value[wrong][0]} at x = {x[wrong][0]:.6g}"
                )
            value = np.where(bad, 0.0, value)
        return value

    return forgiving


def _trusted_range(pdf: Density, mesh: Mesh) -> tuple[float, float]:
    """The x between which every value of the density has to be finite."""
    x, offset = _places(mesh.anchor, mesh.low, mesh.high, _node)
    half = (mesh.high - mesh.low)[:, None] / 2
    value = pdf(x)
    finite = np.isfinite(value).all(axis=1)
    value = np.where(finite[:, None], value, 0.0)
    with np.errstate(over="ignore"):
        share = np.abs(offset * value).max(axis=1)
        alive = np.flatnonzero(share > VANISHED * (half * value * _weight).sum())
    if alive.size == 0:
        return -np.inf, np.inf
    start, stop = alive[0], alive[-1]
    edge = mesh.anchor + mesh.low
    low = edge[start] if start > 0 and finite[start - 1] else -np.inf
    last = stop + 1 == finite.size
    high = edge[stop + 1] if not last and finite[stop + 1] else np.inf
    return low, high

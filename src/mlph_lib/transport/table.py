"""A quantile function as a table that the bits of u index.

With t = min(u, 1 - u), the exponent and the top 5 bits of the mantissa of t are the
index of a cell: one shift finds it, and cells shrink geometrically towards both
tails. A cell holds a polynomial of degree 5. A cell whose polynomial misses by more
than 2e-12 of t is cut into 8, as often as needed (next to a gap of the density, for
instance), until it is narrower than rounding.

Numerical inversion by polynomials: G. Derflinger, W. Hoermann and J. Leydold, Random
variate generation by numerical inversion when only the density is known, ACM TOMACS
20 (2010), article 18. Theirs are indexed by a guide table, these by the bits of u.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = ["QuantileTable", "SMALLEST_T"]

# x with F(x) = t, or with 1 - F(x) = t where `upper`
Quantile = Callable[[np.ndarray, np.ndarray], np.ndarray]
# (F(x), 1 - F(x))
Masses = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
Grain = Callable[[np.ndarray], np.ndarray]

BLOCK = 8192
DEGREE = 5
TOLERANCE = 2e-12  # miss of a cell in u, relative to t
DEEPEST = 13  # cuts into 8: relative width 2^-44
MOST_CELLS = 1 << 19
SMALLEST_T = 2.0**-62

# A double is sign (1 bit), exponent (11), mantissa (52). 62 octaves below 1/2 are in
# use, told apart by the lowest 6 bits of the exponent; 1/2 itself has the next one.
_BITS = 5
_SHIFT = 52 - _BITS
_SIDE = 64 << _BITS
_MANTISSA = np.int64((1 << 52) - 1)
_ONE = np.int64(1023 << 52)

# A place in a cell is y in [-1/2, 1/2), as the bits give it without a multiplication.
_node = np.cos(np.pi * (np.arange(DEGREE + 1) + 0.5) / (DEGREE + 1)) / 2
_to_power = np.linalg.inv(np.vander(_node, increasing=True))
_test = np.array([-0.5, 0.0, 0.5])
_at_test = np.vander(_test, DEGREE + 1, increasing=True)


class QuantileTable:
    """Q(t) from below and from above, t in [2^-62, 1/2], to 2e-12 of t.

    Args:
        quantile: the exact quantile function, called while the table is built.
        masses: the CDF and the survival function that judge each cell.
        grain: what rounding does to x; one unit in its last place by default.

    Raises:
        ValueError: if more than 2^19 cells would be needed.
    """

    def __init__(
        self, quantile: Quantile, masses: Masses, grain: Grain | None = None
    ) -> None:
        self._quantile, self._masses = quantile, masses
        self._grain = grain or (lambda x: np.spacing(np.abs(x)))
        octave, part = np.divmod(np.arange(62 << _BITS), 1 << _BITS)
        width = 2.0 ** (octave - 63.0) / (1 << _BITS)
        low = width * ((1 << _BITS) + part)
        used = np.r_[np.arange(low.size), _SIDE + np.arange(low.size)]
        coef = np.zeros((DEGREE + 1, 2 * _SIDE))
        child = np.zeros(2 * _SIDE, dtype=np.intp)
        upper = np.repeat([False, True], low.size)
        self._grow(coef, child, used, np.tile(low, 2), np.tile(width, 2), upper)
        median = quantile(np.array([0.5, 0.5]), np.array([False, True]))
        self.coef[0, [62 << _BITS, _SIDE + (62 << _BITS)]] = median
        self.is_cut = self.child > 0
        self.has_cuts = bool(self.is_cut.any())

    def _grow(self, coef, child, cells, low, width, upper) -> None:
        for depth in range(DEEPEST + 1):
            coef[:, cells], good = self._fit(low, width, upper, depth == DEEPEST)
            cut = np.flatnonzero(~good)
            if cut.size == 0:
                break
            first = child.size + 8 * np.arange(cut.size)
            child[cells[cut]] = first
            cells = (first[:, None] + np.arange(8)).ravel()
            if cells[-1] >= MOST_CELLS:
                raise ValueError(
                    "the quantile function is too irregular for a table of "
                    f"{MOST_CELLS} cells: has the density hundreds of gaps?"
                )
            width = np.repeat(width[cut] / 8, 8)
            low = np.repeat(low[cut], 8) + width * np.tile(np.arange(8), cut.size)
            upper = np.repeat(upper[cut], 8)
            coef = np.concatenate([coef, np.zeros((DEGREE + 1, cells.size))], axis=1)
            child = np.concatenate([child, np.zeros(cells.size, dtype=np.intp)])
        self.coef, self.child = coef, child

    def _fit(self, low, width, upper, last):
        """Coefficients of each cell, and whether they are good enough."""
        if last:  # narrower than rounding: any x inside will do, and never overshoots
            coef = np.zeros((DEGREE + 1, low.size))
            coef[0] = self._quantile(low + width / 2, upper)
            return coef, np.ones(low.size, dtype=bool)
        t = low[:, None] + width[:, None] * (_node + 0.5)
        sides = np.broadcast_to(upper[:, None], t.shape)
        x = self._quantile(t.ravel(), sides.ravel()).reshape(t.shape)
        # The fit sees differences, so that rounding stays at the scale of x itself.
        coef = _to_power @ (x - x[:, :1]).T
        coef[0] += x[:, 0]
        t = low[:, None] + width[:, None] * (_test + 0.5)
        sides = np.broadcast_to(upper[:, None], t.shape)
        seen = (_at_test @ coef).T
        below, above = self._masses(seen.ravel())
        got = np.where(upper[:, None], above.reshape(t.shape), below.reshape(t.shape))
        good = np.abs(got - t) <= TOLERANCE * t
        if not good.all():
            # Rounding of x is no reason to cut.
            exact = self._quantile(t[~good], sides[~good])
            off = np.abs(seen[~good] - exact)
            good[~good] = off <= 4 * self._grain(exact)
        return coef, good.all(axis=1)

    def fill(self, v: np.ndarray, out: np.ndarray) -> None:
        """Quantiles of signed tails, in place: v = t from below, v = -t from above.

        Args:
            v: shape (n,), float64, contiguous, |v| <= 1/2; overwritten.
            out: shape (n,), receives x.
        """
        size = min(BLOCK, v.size)
        cell, low = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64)
        row = np.empty(size)
        for start in range(0, v.size, BLOCK):
            block = v[start : start + BLOCK]
            m = block.size
            self._fill(block, out[start : start + m], cell[:m], low[:m], row[:m])

    def _fill(self, v, out, cell, low, row) -> None:
        bits = v.view(np.int64)
        np.right_shift(bits, _SHIFT, out=cell)
        np.right_shift(cell, 5, out=low)  # brings the sign to bit 11
        np.bitwise_and(low, _SIDE, out=low)
        np.bitwise_and(cell, _SIDE - 1, out=cell)
        np.bitwise_or(cell, low, out=cell)
        _place(bits, _BITS, low)
        y = low.view(np.float64)
        np.subtract(y, 1.5, out=y)
        np.take(self.coef[DEGREE], cell, out=out, mode="clip")
        for k in range(DEGREE - 1, -1, -1):
            np.multiply(out, y, out=out)
            np.take(self.coef[k], cell, out=row, mode="clip")
            np.add(out, row, out=out)
        if self.has_cuts:
            cut = np.flatnonzero(self.is_cut[cell])
            if cut.size:
                out[cut] = self._descend(bits[cut], cell[cut])

    def _descend(self, bits: np.ndarray, cell: np.ndarray) -> np.ndarray:
        """Values in cells that were cut, three bits a level."""
        shift = np.full(cell.shape, _BITS)
        todo = np.arange(cell.size)
        while todo.size:
            digit = (bits[todo] >> (49 - shift[todo])) & 7
            shift[todo] += 3
            cell[todo] = self.child[cell[todo]] + digit
            todo = todo[self.is_cut[cell[todo]]]
        y = np.empty_like(bits)
        _place(bits, shift, y)
        y = y.view(np.float64) - 1.5
        out = np.zeros(y.shape)
        for row in self.coef[::-1]:
            out = out * y + row[cell]
        return out


def _place(bits: np.ndarray, shift: int | np.ndarray, out: np.ndarray) -> None:
    """Bits of 1 + (place of t in its cell, in [0, 1)), written into `out`."""
    np.left_shift(bits, shift, out=out)
    np.bitwise_and(out, _MANTISSA, out=out)
    np.bitwise_or(out, _ONE, out=out)

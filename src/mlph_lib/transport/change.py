"""The change-of-variables formula as a distribution: the law of Y = h(X)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.differentiate import derivative as numerical_derivative
from scipy.integrate import tanhsinh
from scipy.optimize import minimize_scalar
from scipy.optimize.elementwise import find_root

from mlph_lib.generators import check_generator
from mlph_lib.transport.arguments import as_shape
from mlph_lib.transport.law import Law, as_law

__all__ = ["Pushforward", "pushforward"]

Function = Callable[[np.ndarray], np.ndarray]

PROBES = 2048  # quantiles of X at which h is looked at, besides the tails
DERIVATIVE_ERROR = 1e-6  # relative; beyond it the numerical derivative is refused
EXPECTATION_ERROR = 1e-7  # of mean, variance and entropy; beyond it, no answer


def pushforward(
    dist: Any,
    h: Function,
    inv: Function | None = None,
    derivative: Function | None = None,
) -> Pushforward:
    """p_Y(y) = p_X(x) / |h'(x)| at x = h^-1(y): the law of Y = h(X).

    h must be strictly monotone on the support of X. It is looked at on 2,048
    quantiles of X and in both tails down to 1e-12, so a wiggle narrower than that
    stays unseen. Where h' = 0 at an isolated point (x^3 at 0) the density of Y is
    infinite there, and Y still has a law.

    Args:
        dist: law of X with pdf, cdf, ppf (a frozen scipy distribution, for example).
        h: the map, from an array to an array of the same shape.
        inv: its inverse; without it, found by bracketing to 4 units in the last
            place of x.
        derivative: h'; without it, by finite differences of order 8, to a relative
            error of 1e-6 by their own estimate (mostly 1e-10), or refused.

    Returns:
        A distribution with pdf cdf sf ppf isf rvs(size, rng) mean var entropy.

    Raises:
        TypeError: if dist lacks pdf, cdf or ppf.
        ValueError: if h is not strictly monotone (the message says where), changes
            the shape or is not finite, or if inv or derivative contradict h.

    Example:
        >>> from scipy.stats import norm
        >>> y = pushforward(norm(), np.exp)  # the log-normal law
        >>> round(float(y.pdf(1.0)), 9), round(float(y.cdf(1.0)), 9)
        (0.39894228, 0.5)
        >>> pushforward(norm(), np.square)
        Traceback (most recent call last):
        ...
        ValueError: h is not strictly monotone on the support: it turns near x = 0
    """
    return Pushforward(as_law(dist), h, inv, derivative)


class Pushforward:
    """The law of h(X); made by `pushforward`.

    Attributes:
        increasing: whether h is.
    """

    def __init__(
        self,
        law: Law,
        h: Function,
        inv: Function | None,
        derivative: Function | None,
    ) -> None:
        self._law, self._h = law, h
        self._low, self._high = law.bounds()
        self._x = _probes(law)
        y = _checked(h, self._x, "h")
        self.increasing = _direction(h, self._x, y)
        self._y = y if self.increasing else -y  # rises along self._x
        self._ends = self._limit(self._low, -1), self._limit(self._high, 1)
        self._inv = inv or self._find
        self._given_derivative = derivative
        self._derivative = derivative or self._differentiate
        if inv is not None:
            self._check_inverse(inv)
        if derivative is not None:
            self._check_derivative(derivative)

    def support(self) -> tuple[float, float]:
        """(low, high): where h sends the ends of the support of X."""
        return self._ends if self.increasing else self._ends[::-1]

    def pdf(self, y: ArrayLike) -> np.ndarray:
        """p_X(x) / |h'(x)| at x = h^-1(y); 0 outside, infinite where h' = 0."""
        y = np.asarray(y, dtype=float)
        low, high = self.support()
        inside = (y > low) & (y < high)
        x = self._inverse(y[inside])
        slope = np.abs(_checked(self._derivative, x, "derivative"))
        p = np.where(np.isnan(y), np.nan, 0.0)
        with np.errstate(divide="ignore"):
            p[inside] = self._law.pdf(x) / slope
        return p[()]

    def cdf(self, y: ArrayLike) -> np.ndarray:
        """P(Y <= y) = F_X(h^-1(y)), or 1 - F_X(h^-1(y)) for a decreasing h."""
        return self._tail(y, 0.0, 1.0, lower=self.increasing)

    def sf(self, y: ArrayLike) -> np.ndarray:
        """P(Y > y), accurate in the upper tail."""
        return self._tail(y, 1.0, 0.0, lower=not self.increasing)

    def ppf(self, q: ArrayLike) -> np.ndarray:
        """h at the quantile of X: h(Q_X(q)), or h(Q_X(1 - q)) for a decreasing h."""
        return self._image(self._law.ppf if self.increasing else self._law.isf, q)

    def isf(self, q: ArrayLike) -> np.ndarray:
        """The value exceeded with probability q."""
        return self._image(self._law.isf if self.increasing else self._law.ppf, q)

    def rvs(self, size: int | tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        """h of draws of X, which are quantiles of uniforms."""
        shape, n = as_shape(size)
        check_generator(rng)
        # 0 would go to the end of the support, which may be infinite.
        u = np.maximum(rng.random(n), 2.0**-54)
        return self.ppf(u).reshape(shape)

    def mean(self) -> float:
        """E h(X) = integral of h(Q_X(u)) du.

        Raises:
            ValueError: if the integral does not converge.
        """
        return self._expect("mean", self._h)

    def var(self) -> float:
        """E (h(X) - E h(X))^2.

        Raises:
            ValueError: if the integral does not converge.
        """
        mean = self.mean()
        return self._expect("variance", lambda x: (self._h(x) - mean) ** 2)

    def entropy(self) -> float:
        """H(Y) = -E log p_X(X) + E log |h'(X)|, in nats.

        Raises:
            ValueError: if the integral does not converge.
        """
        slope = self._given_derivative or (lambda x: self._estimate(x)[0])

        def integrand(x: np.ndarray) -> np.ndarray:
            stretch = np.log(np.abs(slope(x)))
            # Far out, where differences fail, there is next to no probability.
            return np.where(np.isfinite(stretch), stretch, 0.0) - self._law.logpdf(x)

        return self._expect("entropy", integrand)

    def __repr__(self) -> str:
        way = "increasing" if self.increasing else "decreasing"
        return f"Pushforward({way}, {self.support()})"

    def _image(self, quantile: Function, q: ArrayLike) -> np.ndarray:
        q = np.asarray(q, dtype=float)
        x = np.asarray(quantile(q))
        with np.errstate(all="ignore"):
            y = np.asarray(self._h(x), dtype=float)
        # At the ends themselves h may be undefined where its limit is not.
        y = np.where(x == self._low, self._ends[0], y)
        return np.where(x == self._high, self._ends[1], y)[()]

    def _tail(self, y: ArrayLike, left: float, right: float, lower: bool):
        y = np.asarray(y, dtype=float)
        low, high = self.support()
        inside = (y > low) & (y < high)
        p = np.where(y <= low, left, np.where(y >= high, right, np.nan))
        x = self._inverse(y[inside])
        p[inside] = self._law.cdf(x) if lower else self._law.sf(x)
        return p[()]

    def _inverse(self, y: np.ndarray) -> np.ndarray:
        return np.clip(_checked(self._inv, y, "inv"), self._low, self._high)

    def _find(self, y: np.ndarray) -> np.ndarray:
        """x with h(x) = y, for y inside the codomain."""
        if y.size == 0:
            return y
        sign = 1.0 if self.increasing else -1.0
        goal = sign * y
        k = np.searchsorted(self._y, goal)
        x = self._x
        a = np.where(k > 0, x[np.maximum(k - 1, 0)], np.nan)
        b = np.where(k < x.size, x[np.minimum(k, x.size - 1)], np.nan)
        below, above = k == 0, k == x.size
        a[below] = self._walk(goal[below], x[0], self._low, sign)
        b[above] = self._walk(goal[above], x[-1], self._high, sign)
        with np.errstate(all="ignore"):
            root = find_root(
                lambda x, y: sign * self._h(x) - y,
                (a, b),
                args=(goal,),
                tolerances={"xatol": 0, "xrtol": 2.0**-50, "fatol": 0, "frtol": 0},
                maxiter=2000,
            )
        return root.x

    def _walk(
        self, goal: np.ndarray, start: float, end: float, sign: float
    ) -> np.ndarray:
        """A point beyond `start` towards `end` where h has passed the goal."""
        x = np.full(goal.shape, end)
        todo = np.arange(goal.size)
        way = np.sign(end - start)
        for k in range(1, 1000):
            here = (
                end - (end - start) * 2.0**-k
                if np.isfinite(end)
                else start + way * max(abs(start), 1.0) * 2.0**k
            )
            if todo.size == 0 or not np.isfinite(here):
                break
            x[todo] = here
            with np.errstate(all="ignore"):
                y = sign * np.asarray(self._h(np.array([here])), dtype=float)[0]
            todo = todo[way * (y - goal[todo]) < 0]
        return x

    def _estimate(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """h'(x) and its error, from differences that stay inside the support."""
        shape, x = np.shape(x), np.ravel(x)
        if x.size == 0:
            return np.zeros(shape), np.zeros(shape)
        q1, median, q3 = np.asarray(self._law.ppf(np.array([0.25, 0.5, 0.75])))
        wide = np.maximum(q3 - q1, np.abs(x - median)) / 4
        to_low, to_high = x - self._low, self._high - x
        room = np.minimum(to_low, to_high)
        slope, error = self._differences(x, np.minimum(wide, room / 2), 0)
        # Right beside an end there is no room on one side: look to the other.
        inward = np.where(to_low < to_high, 1, -1)
        poor = np.flatnonzero(~_good(slope, error))
        if poor.size:
            again = self._differences(x[poor], wide[poor], inward[poor])
            better = ~(error[poor] <= again[1])
            slope[poor[better]] = again[0][better]
            error[poor[better]] = again[1][better]
        return slope.reshape(shape), error.reshape(shape)

    def _differentiate(self, x: np.ndarray) -> np.ndarray:
        """h'(x) to 1e-6 by the estimate of the differences, or an error."""
        slope, error = self._estimate(x)
        good = _good(slope, error)
        if not np.all(good):
            raise ValueError(
                f"the numerical derivative of h at x = {x[~good][0]:.15g} is not good "
                f"to {DERIVATIVE_ERROR:g}: pass derivative="
            )
        return np.where(np.abs(slope) <= error, 0.0, slope)

    def _differences(
        self, x: np.ndarray, step: np.ndarray, side: int | np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        with np.errstate(all="ignore"):
            result = numerical_derivative(
                self._h,
                x,
                initial_step=step,
                step_direction=side,
                tolerances={"atol": 0, "rtol": 1e-13},
                maxiter=12,
            )
            # where rounding makes h a staircase, differences can agree by accident:
            # no step is wider than the first, so no error is less than this
            rounding = np.finfo(float).eps * np.abs(self._h(x)) / step
        return np.array(result.df), np.maximum(np.abs(result.error), rounding)

    def _limit(self, end: float, way: int) -> float:
        """h at an end of the support, or as close to it as h is defined."""
        far = way * np.array([np.inf, 1e300, 1e100, 1e30, 1e10])
        near = np.array([end, np.nextafter(end, -way * np.inf)])
        with np.errstate(all="ignore"):
            y = np.asarray(self._h(near if np.isfinite(end) else far), dtype=float)
        outermost = self._x[0 if way < 0 else -1]
        fallback = float(self._h(np.array([outermost]))[0])
        return float(next((v for v in y if not np.isnan(v)), fallback)) + 0.0

    def _check_inverse(self, inv: Function) -> None:
        x = self._x[:: max(1, self._x.size // 64)]
        back = _checked(inv, _checked(self._h, x, "h"), "inv")
        scale = np.maximum(np.abs(x), np.median(np.abs(x)))
        wrong = ~(np.abs(back - x) <= 1e-5 * scale)
        if np.any(wrong):
            raise ValueError(
                f"inv is not the inverse of h: inv(h(x)) = {back[wrong][0]:.6g} "
                f"at x = {x[wrong][0]:.6g}"
            )

    def _check_derivative(self, derivative: Function) -> None:
        x = np.asarray(self._law.ppf(np.array([0.1, 0.3, 0.5, 0.7, 0.9])))
        given = _checked(derivative, x, "derivative")
        measured = self._differentiate(x)
        scale = np.max(np.abs(measured))
        wrong = ~(np.abs(given - measured) <= 1e-4 * np.abs(measured) + 1e-9 * scale)
        if np.any(wrong):
            raise ValueError(
                f"derivative is not h': it gives {given[wrong][0]:.6g} at "
                f"x = {x[wrong][0]:.6g}, differences of h give {measured[wrong][0]:.6g}"
            )

    def _expect(self, what: str, f: Function) -> float:
        """E f(X) as an integral over u, one for each half: both tails stay small.

        Two integrals, because the halves of a divergent one may cancel (Cauchy).
        """
        halves = [self._half(f, tail) for tail in (self._law.ppf, self._law.isf)]
        value = sum(value for value, _ in halves)
        error = sum(error for _, error in halves)
        if not error <= EXPECTATION_ERROR * max(1.0, abs(value)):
            raise ValueError(f"the integral for the {what} of h(X) does not converge")
        return value

    def _half(self, f: Function, quantile: Function) -> tuple[float, float]:
        with np.errstate(all="ignore"):
            result = tanhsinh(lambda u: f(quantile(u)), 0.0, 0.5, rtol=1e-9)
        return float(result.integral), float(result.error)


def _good(slope: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Known to 1e-6, or not told apart from 0."""
    return (error <= DERIVATIVE_ERROR * np.abs(slope)) | (np.abs(slope) <= error)


def _probes(law: Law) -> np.ndarray:
    """Quantiles of X: 2,048 of equal mass, and both tails down to 1e-12."""
    # Not symmetric about 1/2: h(-x) = h(x) must not pass for a constant.
    middle = (np.arange(PROBES) + 0.381966) / PROBES
    tail = 10.0 ** -np.linspace(12, 3, 37)
    x = np.concatenate([law.ppf(tail), law.ppf(middle), law.isf(tail)])
    low, high = law.bounds()
    x = np.unique(x[(x > low) & (x < high)])
    # Neighbours that differ by rounding only would make h look constant.
    spaced = np.diff(x) > 1e-11 * np.maximum(np.abs(x[1:]), np.abs(x[:-1]))
    return x[np.r_[True, spaced]]


def _direction(h: Function, x: np.ndarray, y: np.ndarray) -> bool:
    """True when h rises on all of x, False when it falls; otherwise refuse."""
    steps = np.sign(np.diff(y))
    wrong = np.flatnonzero(steps != steps[0])
    if steps[0] == 0 or wrong.size and steps[wrong[0]] == 0:
        flat = int(np.flatnonzero(steps == 0)[0])
        raise ValueError(
            "h is not strictly monotone on the support: it is constant between "
            f"x = {x[flat]:.6g} and x = {x[flat + 1]:.6g}"
        )
    if wrong.size:
        i = int(wrong[0])
        turn = _turn(h, x[i - 1], x[i + 1], steps[0])
        raise ValueError(
            f"h is not strictly monotone on the support: it turns near x = {turn:.6g}"
        )
    return bool(steps[0] > 0)


def _turn(h: Function, low: float, high: float, rising: float) -> float:
    """The extremum of h in [low, high]: a maximum when h rises into it."""
    result = minimize_scalar(
        lambda x: -rising * float(np.asarray(h(np.array([x])))[0]),
        bounds=(low, high),
        method="bounded",
        options={"xatol": 1e-9 * (high - low)},
    )
    return 0.0 if abs(result.x) < 1e-6 * (high - low) else float(result.x)


def _checked(function: Function, x: np.ndarray, name: str) -> np.ndarray:
    """function(x), of the shape of x and free of NaN."""
    with np.errstate(all="ignore"):
        y = np.asarray(function(x), dtype=float)
    if y.shape != np.shape(x):
        raise ValueError(
            f"{name} must keep the shape: {np.shape(x)} went in, {y.shape} came out"
        )
    if np.any(np.isnan(y)) or name == "h" and np.any(np.isinf(y)):
        bad = ~np.isfinite(y)
        raise ValueError(
            f"{name} must be finite on the support: got {y[bad][0]} at x = "
            f"{np.asarray(x)[bad][0]:.6g}"
        )
    return y

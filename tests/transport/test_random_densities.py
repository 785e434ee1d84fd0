"""Random mixtures of boxes, tents and parabolas: the promise of 1/1000, at random."""

import numpy as np
import pytest
from scipy import stats

from mlph_lib.transport import from_pdf

SHAPES = {  # density and CDF on [-1, 1]
    "box": (lambda z: 0.5 + 0 * z, lambda z: (z + 1) / 2),
    "tent": (
        lambda z: 1 - np.abs(z),
        lambda z: np.where(z < 0, (1 + z) ** 2 / 2, 1 - (1 - z) ** 2 / 2),
    ),
    "parabola": (lambda z: 0.75 * (1 - z * z), lambda z: (2 + 3 * z - z**3) / 4),
}


class Pieces:
    """A mixture of 1 to 5 shapes, each wider than 1/1000 of the support."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        count, width = rng.integers(1, 6), 10 ** rng.uniform(-3, 3)
        low = rng.uniform(-1, 1) * width
        self.support = (low, low + width)
        self.parts = []
        for weight in rng.dirichlet(np.ones(count)):
            half = max(10 ** rng.uniform(-3, -0.5), 1.001e-3) * width / 2
            centre = rng.uniform(low + half, low + width - half)
            self.parts.append((weight, centre, half, rng.choice(list(SHAPES))))

    def pdf(self, x):
        total = np.zeros_like(x)
        for weight, centre, half, shape in self.parts:
            z = (x - centre) / half
            total += np.where(np.abs(z) < 1, weight / half * SHAPES[shape][0](z), 0)
        return total

    def cdf(self, x):
        inside = ((w, np.clip((x - c) / h, -1, 1), s) for w, c, h, s in self.parts)
        return sum(w * SHAPES[s][1](z) for w, z, s in inside)


@pytest.mark.parametrize("seed", range(40))
def test_nothing_wider_than_a_thousandth_is_lost(seed):
    law = Pieces(seed)
    d = from_pdf(law.pdf, law.support)
    u = (np.arange(2000) + 0.5) / 2000
    assert np.max(np.abs(law.cdf(d.ppf(u)) - u)) <= 1e-11


@pytest.mark.parametrize("seed", range(20))
def test_on_the_line_named_modes_are_never_lost(seed):
    rng = np.random.default_rng(seed)
    count = rng.integers(1, 5)
    means = rng.uniform(-1, 1, count) * 10 ** rng.uniform(0, 3)
    scales = 10 ** rng.uniform(-3, 2, count)
    weights = rng.dirichlet(np.ones(count))

    def mixed(method, x):
        parts = zip(weights, means, scales, strict=True)
        return sum(w * getattr(stats.norm(m, s), method)(x) for w, m, s in parts)

    d = from_pdf(lambda x: mixed("pdf", x), (-np.inf, np.inf), points=means)
    u = (np.arange(1000) + 0.5) / 1000
    grain = np.max(np.spacing(np.abs(means)) / scales)  # one float of x, in u
    assert np.max(np.abs(mixed("cdf", d.ppf(u)) - u)) <= 1e-11 + grain
    tails = np.array([1e-12, 1e-9, 1e-6, 1e-3])
    lower, upper = mixed("cdf", d.ppf(tails)), mixed("sf", d.isf(tails))
    np.testing.assert_allclose(lower, tails, rtol=1e-10 + 100 * grain)
    np.testing.assert_allclose(upper, tails, rtol=1e-10 + 100 * grain)

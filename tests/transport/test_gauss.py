"""Box-Muller: values by mpmath, every size, the law, the ends of the interval."""

import mpmath
import numpy as np
import pytest
from scipy import stats

from mlph_lib.goodness import dkw_test
from mlph_lib.transport import box_muller, polar_normal, standard_normal
from mlph_lib.transport.gauss import BLOCK

SAMPLERS = [standard_normal, polar_normal]
BLOCK_EDGES = [0, 1, 2, 3, 2 * BLOCK - 1, 2 * BLOCK, 2 * BLOCK + 1, 4 * BLOCK + 3]


@pytest.mark.parametrize("u1", [0.0, 1e-300, 1e-17, 0.3, 1 - 2.0**-53])
@pytest.mark.parametrize("u2", [0.0, 0.2, 0.5, 0.99])
def test_values_are_mpmaths(u1, u2):
    with mpmath.workdps(50):
        r = mpmath.sqrt(-2 * mpmath.log1p(-mpmath.mpf(u1)))
        phi = 2 * mpmath.pi * mpmath.mpf(u2)
        expected = [float(r * mpmath.cos(phi)), float(r * mpmath.sin(phi))]
        scale = float(r)
    got = box_muller(u1, u2)
    np.testing.assert_allclose(got, expected, rtol=1e-14, atol=1e-15 * scale)


def test_zero_gives_the_centre_and_never_infinity():
    assert box_muller(0.0, 0.7) == (0.0, 0.0)
    assert np.isfinite(box_muller(np.nextafter(1, 0), 0.7)).all()


def test_shapes_broadcast():
    z1, z2 = box_muller(np.full((3, 1), 0.5), np.full(4, 0.25))
    assert z1.shape == z2.shape == (3, 4)


def test_float32_stays_and_its_uniforms_reach_5_768():
    largest = np.float32(1 - 2.0**-24)
    z1, z2 = box_muller(largest, np.float32(0))
    assert z1.dtype == z2.dtype == np.float32
    assert float(z1) == pytest.approx(np.sqrt(48 * np.log(2)), rel=1e-6)


@pytest.mark.parametrize("bad", [1.0, -1e-9, np.nan, np.inf, 2])
@pytest.mark.parametrize("position", ["u1", "u2"])
def test_uniforms_outside_are_refused(bad, position):
    u = {"u1": [0.5, 0.5], "u2": [0.5, 0.5], position: [0.5, bad]}
    words = rf"{position} must lie in \[0, 1\).*got {bad}"
    with pytest.raises(ValueError, match=words):
        box_muller(**u)


@pytest.mark.parametrize("n", BLOCK_EDGES)
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_size_is_filled(sampler, n):
    z = sampler(n, np.random.default_rng(0))
    assert z.shape == (n,) and z.dtype == np.float64
    assert np.all(np.isfinite(z)) and np.unique(z).size == n


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("size", [(2, 3), (), (0, 4), [5], np.int64(3)])
def test_shapes(sampler, size):
    z = sampler(size, np.random.default_rng(0))
    assert z.shape == (tuple(size) if np.iterable(size) else (int(size),))


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_generator_decides_alone(sampler):
    a, b, c = (sampler(100, np.random.default_rng(s)) for s in (1, 1, 2))
    assert np.array_equal(a, b) and not np.array_equal(a, c)


@pytest.mark.parametrize("n", [1, 7, 2 * BLOCK, 2 * BLOCK + 5])
def test_the_fast_form_is_the_plain_one(n):
    z = standard_normal(n, np.random.default_rng(3))
    rng, plain = np.random.default_rng(3), []
    while sum(map(len, plain)) < n:
        m = min(2 * BLOCK, n - sum(map(len, plain)))
        u = rng.random(2 * ((m + 1) // 2)).reshape(2, -1)
        plain.append(np.concatenate(box_muller(*u))[:m])
    np.testing.assert_allclose(z, np.concatenate(plain), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_law_is_normal(sampler):
    # False-fail rate 1e-9 each; at n = 2e5 a discrepancy of 0.0146 is detected.
    z = sampler(200_000, np.random.default_rng(4))
    pairs = z.reshape(-1, 2)
    assert (result := dkw_test(z, stats.norm())), result
    assert (result := dkw_test(z**2, stats.chi2(1))), result
    assert (result := dkw_test(pairs.sum(axis=1), stats.norm(0, np.sqrt(2)))), result


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_both_numbers_of_a_pair_are_independent(sampler):
    # The two halves of a block are the cosine and the sine of the same angles:
    # their sum is N(0, 2) and their ratio Cauchy. False-fail rate 1e-9 each.
    z = sampler(2 * BLOCK, np.random.default_rng(5)).reshape(2, -1)
    assert (result := dkw_test(z.sum(axis=0), stats.norm(0, np.sqrt(2)))), result
    assert (result := dkw_test(z[0] / z[1], stats.cauchy())), result


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_bad_arguments(sampler):
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="must not be negative, got -1"):
        sampler(-1, rng)
    with pytest.raises(ValueError, match="must not be negative"):
        sampler((2, -1), rng)
    with pytest.raises(TypeError):
        sampler(1.5, rng)
    with pytest.raises(TypeError, match=r"default_rng\(0\), got int"):
        sampler(3, 0)
    with pytest.raises(TypeError, match="got RandomState"):
        sampler(3, np.random.RandomState(0))


class Scripted(np.random.Generator):
    """A generator whose uniforms are given."""

    def __init__(self, values):
        super().__init__(np.random.PCG64(0))
        self.values = np.asarray(values)

    def random(self, out):
        out[:] = self.values


def test_the_ends_of_the_uniforms_are_finite():
    last = 1 - 2.0**-53
    z = standard_normal(6, Scripted([0.0, last, last, 0.5, 0.5, 0.0]))
    assert np.all(np.isfinite(z))
    r = np.sqrt(106 * np.log(2))
    np.testing.assert_allclose(z, [0, -r, r, 0, 0, 0], atol=1e-14)

"""The monotone map: closed forms, tails, Jacobians by mpmath, refusals."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mlph_lib.goodness import dkw_test
from mlph_lib.transport import MonotoneMap, from_pdf

RISING = stats.beta(2, 1, scale=2)  # density x / 2 on [0, 2]
FALLING = stats.beta(1, 2, scale=2)  # density 1 - y / 2 on [0, 2]


class Minimal:
    """Only what is required: pdf, cdf, ppf of the unit exponential."""

    def pdf(self, x):
        return np.exp(-x)

    def cdf(self, x):
        return -np.expm1(-x)

    def ppf(self, q):
        with np.errstate(divide="ignore"):
            return -np.log1p(-q)


def test_the_sheets_increasing_map():
    x = np.linspace(0, 2, 41)
    t = MonotoneMap(RISING, FALLING)
    np.testing.assert_allclose(t(x), 2 - np.sqrt(4 - x**2), atol=2e-15)
    np.testing.assert_allclose(t.inv(t(x)), x, atol=1e-14)


def test_the_sheets_decreasing_map():
    x = np.linspace(0, 2, 41)
    t = MonotoneMap(RISING, FALLING, increasing=False)
    np.testing.assert_allclose(t(x), 2 - x, atol=1e-15)
    np.testing.assert_allclose(t.inv(t(x)), x, atol=1e-15)


def test_the_same_maps_from_densities_alone():
    x = np.linspace(0, 2, 41)
    source = from_pdf(lambda x: x / 2, (0, 2))
    target = from_pdf(lambda y: 1 - y / 2, (0, 2))
    up, down = MonotoneMap(source, target), MonotoneMap(source, target, False)
    np.testing.assert_allclose(up(x), 2 - np.sqrt(4 - x**2), atol=1e-11)
    np.testing.assert_allclose(down(x), 2 - x, atol=1e-11)


@given(st.floats(-35, 35), st.floats(-3, 3), st.floats(0.1, 10))
@settings(max_examples=60, deadline=None)
def test_between_normals_it_is_affine_far_into_both_tails(x, mean, scale):
    t = MonotoneMap(stats.norm(), stats.norm(mean, scale))
    assert float(t(x)) == pytest.approx(mean + scale * x, rel=1e-12, abs=1e-12 * scale)
    down = MonotoneMap(stats.norm(), stats.norm(mean, scale), increasing=False)
    assert float(down(x)) == pytest.approx(
        mean - scale * x, rel=1e-12, abs=1e-12 * scale
    )


@pytest.mark.parametrize("increasing", [True, False])
def test_the_jacobian_is_the_derivative(increasing):
    # T: exponential -> normal in closed form, differentiated by mpmath.
    t = MonotoneMap(stats.expon(), stats.norm(), increasing=increasing)

    def exact(x):
        u = 1 - mpmath.exp(-x) if increasing else mpmath.exp(-x)
        return mpmath.sqrt(2) * mpmath.erfinv(2 * u - 1)

    x = np.array([0.01, 0.3, 0.69, 0.7, 2.0, 9.0])
    with mpmath.workdps(40):
        slopes = [mpmath.diff(exact, mpmath.mpf(float(v))) for v in x]
        expected = [float(mpmath.log(abs(s))) for s in slopes]
    y = t(x)
    np.testing.assert_allclose(t.log_abs_det_jacobian(x, y), expected, atol=1e-12)
    np.testing.assert_allclose(
        t.inv.log_abs_det_jacobian(y, x), np.negative(expected), atol=1e-12
    )


def test_the_inverse_is_the_map_of_the_swapped_laws():
    t = MonotoneMap(stats.norm(), stats.gamma(2), increasing=False)
    assert t.inv.source is t.target and t.inv.target is t.source
    assert t.inv.increasing is False
    assert t.inv.domain == t.codomain == (0.0, np.inf)
    assert t.inv.codomain == t.domain == (-np.inf, np.inf)


@pytest.mark.parametrize("increasing", [True, False])
def test_samples_land_on_the_target(increasing):
    # False-fail rate 1e-9; detects a discrepancy of 0.0207.
    x = np.random.default_rng(0).gamma(2.0, size=100_000)
    y = MonotoneMap(stats.gamma(2), stats.t(3), increasing)(x)
    assert (result := dkw_test(y, stats.t(3))), result
    order = np.argsort(x) if increasing else np.argsort(-x)
    assert np.all(np.diff(y[order]) >= 0)


def test_three_methods_are_enough():
    x = np.array([0.1, 0.693, 3.0])
    to = MonotoneMap(Minimal(), stats.norm())
    np.testing.assert_allclose(to(x), stats.norm.ppf(-np.expm1(-x)), rtol=1e-13)
    back = MonotoneMap(stats.norm(), Minimal())
    np.testing.assert_allclose(back(to(x)), x, rtol=1e-12)
    np.testing.assert_allclose(
        to.log_abs_det_jacobian(x, to(x)), -x - stats.norm.logpdf(to(x)), rtol=1e-13
    )
    assert back.codomain == (0.0, np.inf)


def test_the_median_goes_to_the_median():
    t = MonotoneMap(stats.expon(), stats.gamma(3))
    assert float(t(np.log(2))) == pytest.approx(stats.gamma(3).median(), rel=1e-14)


def test_ends_shapes_and_nan():
    t = MonotoneMap(stats.uniform(), stats.norm())
    np.testing.assert_array_equal(t([0.0, 1.0, np.nan]), [-np.inf, np.inf, np.nan])
    assert t(np.full((2, 3), 0.5)).shape == (2, 3)
    assert np.shape(t(0.5)) == ()
    down = MonotoneMap(stats.uniform(), stats.norm(), increasing=False)
    np.testing.assert_array_equal(down([0.0, 1.0]), [np.inf, -np.inf])


def test_it_says_what_it_is():
    assert repr(MonotoneMap(RISING, FALLING)) == (
        "MonotoneMap(increasing, (0.0, 2.0) -> (0.0, 2.0))"
    )
    assert "decreasing" in repr(MonotoneMap(RISING, FALLING, False))


def test_points_outside_are_refused():
    t = MonotoneMap(RISING, stats.norm())
    with pytest.raises(ValueError, match=r"x = 2.5 lies outside \[0.0, 2.0\].*source"):
        t([1.0, 2.5])
    with pytest.raises(ValueError, match="x = -0.5 lies outside"):
        t(-0.5)
    with pytest.raises(ValueError, match="x = 3.0"):
        t.log_abs_det_jacobian(3.0, 0.0)
    with pytest.raises(ValueError, match="y = 3.0 .* target"):
        t.inv.log_abs_det_jacobian(0.0, 3.0)
    with pytest.raises(ValueError, match=r"got x \(2,\), y \(3,\)"):
        t.log_abs_det_jacobian([0.5, 0.6], [0.0, 0.0, 0.0])


@pytest.mark.parametrize(
    ("bad", "missing"),
    [(stats.poisson(3), "lacks pdf"), (np.exp, "lacks pdf, cdf, ppf"), (None, "None")],
)
def test_what_is_no_density_is_refused(bad, missing):
    with pytest.raises(TypeError, match=rf"the source needs .*{missing}"):
        MonotoneMap(bad, stats.norm())
    with pytest.raises(TypeError, match=rf"the target needs .*{missing}"):
        MonotoneMap(stats.norm(), bad)

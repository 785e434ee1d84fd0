"""The change of variables: laws known in closed form, refusals that say where."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mlph_lib.goodness import dkw_test
from mlph_lib.transport import from_pdf, pushforward
from mlph_lib.transport.change import EXPECTATION_ERROR

FAR = np.array([1e-10, 1e-3, 0.1, 1.0, 5.0, 100.0, 1e8])
KNOWN = {
    "exp": (stats.norm(), np.exp, stats.lognorm(1), FAR),
    "falling log": (
        stats.uniform(),
        lambda u: -np.log(u),
        stats.expon(),
        np.array([1e-3, 0.5, 1.0, 10.0, 30.0, 100.0]),
    ),
    "reciprocal": (
        stats.gamma(3),
        lambda x: 1 / x,
        stats.invgamma(3),
        np.array([0.01, 0.1, 1.0, 10.0, 1000.0]),
    ),
    "affine": (
        stats.norm(),
        lambda x: 3 - 2 * x,
        stats.norm(3, 2),
        np.array([-60.0, -10.0, 0.0, 3.0, 10.0, 60.0]),
    ),
    "root": (
        stats.expon(),
        np.sqrt,
        stats.rayleigh(scale=np.sqrt(0.5)),
        np.array([1e-6, 0.1, 0.5, 0.9, 5.0]),
    ),
    "own density": (
        from_pdf(lambda x: np.exp(-x * x / 2), (-np.inf, np.inf)),
        np.exp,
        stats.lognorm(1),
        FAR,
    ),
}


@pytest.mark.parametrize("case", KNOWN)
def test_pdf_cdf_and_sf_are_the_known_ones(case):
    dist, h, exact, y = KNOWN[case]
    law = pushforward(dist, h)
    # 1e-9: finite differences of order 8, where their own estimate allows 1e-6.
    np.testing.assert_allclose(law.pdf(y), exact.pdf(y), rtol=1e-9)
    # 1e-9: x = 1 - 1e-3 has lost three digits of its distance to 1 ("falling log").
    np.testing.assert_allclose(law.cdf(y), exact.cdf(y), rtol=1e-9)
    np.testing.assert_allclose(law.sf(y), exact.sf(y), rtol=1e-11)


@pytest.mark.parametrize("case", KNOWN)
def test_quantiles_are_the_known_ones(case):
    dist, h, exact, _ = KNOWN[case]
    law = pushforward(dist, h)
    q = np.array([1e-12, 1e-3, 0.3, 0.5, 0.999])
    # 1e-10: next to 1 a uniform x stands for its distance 1e-12 to four digits only.
    tolerance = 1e-4 if case == "falling log" else 1e-10
    np.testing.assert_allclose(law.ppf(q), exact.ppf(q), rtol=tolerance)
    np.testing.assert_allclose(law.isf(q), exact.isf(q), rtol=1e-10)


@pytest.mark.parametrize("case", KNOWN)
def test_moments_and_entropy_are_the_known_ones(case):
    dist, h, exact, _ = KNOWN[case]
    law = pushforward(dist, h)
    assert law.mean() == pytest.approx(exact.mean(), rel=1e-9, abs=1e-9)
    assert law.var() == pytest.approx(exact.var(), rel=1e-7)
    assert law.entropy() == pytest.approx(exact.entropy(), abs=EXPECTATION_ERROR)


@pytest.mark.parametrize("case", KNOWN)
def test_draws_follow_the_law(case):
    # False-fail rate 1e-9; detects a discrepancy of 0.0654.
    dist, h, exact, _ = KNOWN[case]
    draws = pushforward(dist, h).rvs((100, 100), np.random.default_rng(0))
    assert draws.shape == (100, 100) and np.all(np.isfinite(draws))
    assert (result := dkw_test(draws.ravel(), exact)), result


@pytest.mark.parametrize("case", KNOWN)
def test_support_and_direction(case):
    dist, h, exact, _ = KNOWN[case]
    law = pushforward(dist, h)
    assert law.support() == exact.support()
    assert law.increasing is (case not in ("falling log", "reciprocal", "affine"))


def test_given_inverse_and_derivative_are_used():
    calls = []

    def inv(y):
        calls.append("inv")
        return np.log(y)

    def slope(x):
        calls.append("slope")
        return np.exp(x)

    law = pushforward(stats.norm(), np.exp, inv=inv, derivative=slope)
    calls.clear()
    np.testing.assert_allclose(law.pdf(FAR), stats.lognorm(1).pdf(FAR), rtol=1e-13)
    assert calls == ["inv", "slope"]
    np.testing.assert_array_equal(law.cdf(FAR), stats.norm.cdf(np.log(FAR)))
    assert law.entropy() == pytest.approx(stats.lognorm(1).entropy(), abs=1e-9)


@given(st.floats(-3, 3), st.floats(0.05, 20), st.booleans())
@settings(max_examples=20, deadline=None)
def test_the_formula_holds_for_every_affine_map(shift, scale, falls):
    scale = -scale if falls else scale
    law = pushforward(stats.logistic(), lambda x: shift + scale * x)
    exact = stats.logistic(shift, abs(scale))
    y = shift + scale * np.array([-20.0, -1.0, 0.0, 0.5, 20.0])
    np.testing.assert_allclose(law.pdf(y), exact.pdf(y), rtol=1e-8)
    np.testing.assert_allclose(law.cdf(y), exact.cdf(y), rtol=1e-10)


def test_a_cube_has_infinite_density_where_its_slope_vanishes():
    law = pushforward(stats.norm(), lambda x: x**3)
    y = np.array([-27.0, -1e-3, -1e-9, 1e-12, 0.1, 1.0, 27.0])
    x = np.cbrt(y)
    np.testing.assert_allclose(law.pdf(y), stats.norm.pdf(x) / (3 * x**2), rtol=1e-6)
    np.testing.assert_allclose(law.cdf(y), stats.norm.cdf(x), rtol=1e-12)
    assert float(law.pdf(0.0)) == np.inf
    assert float(law.cdf(0.0)) == pytest.approx(0.5, abs=1e-12)
    assert law.var() == pytest.approx(15.0, rel=1e-9)
    gauss_log = -(np.euler_gamma + np.log(2)) / 2  # E log |Z|
    entropy = stats.norm.entropy() + np.log(3) + 2 * gauss_log
    assert law.entropy() == pytest.approx(entropy, abs=1e-7)


def test_outside_the_support_there_is_nothing():
    law = pushforward(stats.uniform(), lambda x: 2 + x)
    y = np.array([1.0, 2.0, 3.0, 4.0, np.nan])
    np.testing.assert_array_equal(law.pdf(y[[0, 3, 4]]), [0.0, 0.0, np.nan])
    np.testing.assert_array_equal(law.cdf(y), [0.0, 0.0, 1.0, 1.0, np.nan])
    np.testing.assert_array_equal(law.sf(y), [1.0, 1.0, 0.0, 0.0, np.nan])
    np.testing.assert_array_equal(law.ppf([0.0, 1.0]), [2.0, 3.0])
    np.testing.assert_array_equal(law.isf([0.0, 1.0]), [3.0, 2.0])


def test_ends_where_h_itself_is_undefined():
    law = pushforward(stats.norm(), lambda x: x / (1 + np.abs(x)))
    assert law.support() == (-1.0, 1.0)
    np.testing.assert_array_equal(law.ppf([0.0, 1.0]), [-1.0, 1.0])
    log = pushforward(stats.uniform(), lambda x: np.log(x / (1 - x)))
    assert log.support() == (-np.inf, np.inf)
    assert float(log.cdf(-40.0)) == pytest.approx(stats.logistic.cdf(-40), rel=1e-12)


def test_scalars_and_shapes_stay():
    law = pushforward(stats.norm(), np.exp)
    for method in (law.pdf, law.cdf, law.sf, law.ppf, law.isf):
        assert np.shape(method(0.5)) == ()
        assert np.shape(method(np.full((2, 3), 0.5))) == (2, 3)
        assert np.shape(method([])) == (0,)


def test_it_composes():
    law = pushforward(pushforward(stats.norm(), np.exp), np.sqrt)
    exact = stats.lognorm(0.5)
    y = np.array([0.2, 1.0, 3.0])
    np.testing.assert_allclose(law.pdf(y), exact.pdf(y), rtol=1e-8)
    np.testing.assert_allclose(law.sf(y), exact.sf(y), rtol=1e-11)


def test_it_says_what_it_is():
    law = pushforward(stats.norm(), np.exp)
    assert repr(law) == "Pushforward(increasing, (0.0, inf))"
    assert "decreasing" in repr(pushforward(stats.norm(), np.negative))


@pytest.mark.parametrize(
    ("h", "where"),
    [
        (np.square, "turns near x = 0"),
        (lambda x: np.abs(x - 1), "turns near x = 1"),
        (lambda x: x**3 - 3 * x, "turns near x = -1"),
        (lambda x: np.sin(x / 4), r"turns near x = -6.28319"),
        (np.ones_like, "is constant between x = -7.03448 and x = -6.9"),
        (np.round, "is constant between"),
        (lambda x: np.maximum(x, 0.0), "is constant between"),
        (lambda x: np.minimum(x, 0.0), r"is constant between x = 0.00\d+ and x = 0.00"),
    ],
)
def test_maps_that_are_not_strictly_monotone_are_refused(h, where):
    words = f"not strictly monotone on the support.*{where}"
    with pytest.raises(ValueError, match=words):
        pushforward(stats.norm(), h)


@pytest.mark.parametrize(
    ("dist", "h", "words"),
    [
        (stats.norm(), np.log, "h must be finite on the support: got nan at x = -7"),
        (stats.norm(), lambda x: 1 / (x > -9) / (x < 5), "got inf at x = 5"),
        (stats.norm(), lambda x: 1.0, r"h must keep the shape.*\(\) came out"),
        (stats.norm(), lambda x: x[1:], "h must keep the shape"),
    ],
)
def test_maps_that_are_no_maps_are_refused(dist, h, words):
    with pytest.raises(ValueError, match=words):
        pushforward(dist, h)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"inv": np.sqrt}, r"inv is not the inverse of h: inv\(h\(x\)\) = 0.0296812"),
        ({"inv": lambda y: y[:1]}, r"inv must keep the shape"),
        ({"derivative": np.cos}, "derivative is not h': it gives 0.285228 at x = -1.2"),
        ({"derivative": lambda x: x[:1]}, "derivative must keep the shape"),
        ({"derivative": lambda x: x * np.nan}, "derivative must be finite"),
    ],
)
def test_an_inverse_or_derivative_that_contradicts_h_is_refused(given, words):
    with pytest.raises(ValueError, match=words):
        pushforward(stats.norm(), np.exp, **given)


def test_a_derivative_beyond_the_stated_error_is_refused():
    law = pushforward(stats.norm(), stats.norm.cdf)
    assert float(law.pdf(1 - 1e-5)) == pytest.approx(1.0, abs=1e-6)
    with pytest.raises(ValueError, match="is not good to 1e-06: pass derivative="):
        law.pdf(1 - 1e-12)
    exact = pushforward(stats.norm(), stats.norm.cdf, derivative=stats.norm.pdf)
    assert float(exact.pdf(1 - 1e-12)) == pytest.approx(1.0, rel=1e-3)


def test_moments_that_do_not_exist_are_refused():
    with pytest.raises(ValueError, match="integral for the mean .* does not converge"):
        pushforward(stats.cauchy(), lambda x: x).mean()
    with pytest.raises(ValueError, match="integral for the variance"):
        pushforward(stats.t(2), lambda x: x).var()


def test_bad_arguments():
    with pytest.raises(TypeError, match="the distribution needs"):
        pushforward(stats.poisson(2), np.exp)
    law = pushforward(stats.norm(), np.exp)
    with pytest.raises(TypeError, match="rng must be"):
        law.rvs(3, 0)
    with pytest.raises(ValueError, match="must not be negative"):
        law.rvs(-3, np.random.default_rng(0))

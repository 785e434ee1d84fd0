"""`from_pdf` against laws known in closed form, hostile densities, and refusals."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mlph_lib.goodness import dkw_test
from mlph_lib.transport import from_pdf

INF = np.inf
TAILS = 10.0 ** -np.arange(3, 13)


class Mixture:
    """Normals with weights: the law whose modes an inverter may lose."""

    def __init__(self, *parts):
        self.parts = parts

    def _sum(self, method, x):
        return sum(w * getattr(stats.norm(m, s), method)(x) for w, m, s in self.parts)

    def pdf(self, x):
        return self._sum("pdf", x)

    def cdf(self, x):
        return self._sum("cdf", x)

    def sf(self, x):
        return self._sum("sf", x)

    def mean(self):
        return sum(w * m for w, m, _ in self.parts)

    def var(self):
        return sum(w * (m * m + s * s) for w, m, s in self.parts) - self.mean() ** 2


TWO_MODES = Mixture((0.5, -8, 1), (0.5, 8, 1))
SMOOTH = {
    "normal": (stats.norm(), (-INF, INF), ()),
    "normal far off": (stats.norm(1000, 1), (-INF, INF), (1000,)),
    "two modes": (TWO_MODES, (-INF, INF), ()),
    "two modes, finite": (TWO_MODES, (-40, 40), ()),
    "three scales": (
        Mixture((0.3, -3, 0.1), (0.5, 0, 1), (0.2, 5, 0.01)),
        (-INF, INF),
        (5,),
    ),
    "gamma, singular": (stats.gamma(0.1), (0, INF), ()),
    "gamma": (stats.gamma(5), (0, INF), ()),
    "gamma, many": (stats.gamma(500), (0, INF), ()),
    "beta": (stats.beta(2, 5), (0, 1), ()),
    "logistic": (stats.logistic(), (-INF, INF), ()),
    "cauchy": (stats.cauchy(), (-INF, INF), ()),
    "student": (stats.t(3), (-INF, INF), ()),
    "log-normal": (stats.lognorm(1), (0, INF), ()),
    "exponential": (stats.expon(), (0, INF), ()),
    "weibull": (stats.weibull_min(0.5), (0, INF), ()),
    "laplace, kink named": (stats.laplace(0.3), (-INF, INF), (0.3,)),
    "laplace, kink unnamed": (stats.laplace(0.3), (-INF, INF), ()),
    "gumbel": (stats.gumbel_r(), (-INF, INF), ()),
    "left half": (stats.norm(0, 2), (-INF, INF), (-1, 2)),
}


@pytest.fixture(scope="module")
def made():
    """Each distribution of SMOOTH, built once."""
    return {
        name: from_pdf(law.pdf, support, points=points)
        for name, (law, support, points) in SMOOTH.items()
    }


@pytest.mark.parametrize("name", SMOOTH)
def test_u_error_by_the_exact_cdf(made, name):
    u = (np.arange(20_000) + 0.5) / 20_000
    assert np.max(np.abs(SMOOTH[name][0].cdf(made[name].ppf(u)) - u)) <= 1e-11


@pytest.mark.parametrize("name", SMOOTH)
def test_relative_tail_error_from_both_ends(made, name):
    law = SMOOTH[name][0]
    np.testing.assert_allclose(law.cdf(made[name].ppf(TAILS)), TAILS, rtol=1e-10)
    np.testing.assert_allclose(law.sf(made[name].isf(TAILS)), TAILS, rtol=1e-10)


@pytest.mark.parametrize("name", SMOOTH)
def test_cdf_and_sf_are_accurate_in_their_own_tail(made, name):
    law, d = SMOOTH[name][0], made[name]
    low, high = d.ppf(TAILS), d.isf(TAILS)
    np.testing.assert_allclose(d.cdf(low), law.cdf(low), rtol=3e-12)
    np.testing.assert_allclose(d.sf(high), law.sf(high), rtol=3e-12)
    x = d.ppf(np.linspace(0.01, 0.99, 99))
    np.testing.assert_allclose(d.cdf(x), law.cdf(x), atol=1e-12)
    np.testing.assert_allclose(d.cdf(x) + d.sf(x), 1.0, atol=1e-15)


@pytest.mark.parametrize("name", SMOOTH)
def test_the_u_error_it_reports_is_small_too(made, name):
    assert made[name].u_error(200) <= 1e-11


@pytest.mark.parametrize("name", SMOOTH)
def test_mean_and_variance(made, name):
    law, d = SMOOTH[name][0], made[name]
    np.testing.assert_allclose(d.mean(), law.mean(), rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(d.var(), law.var(), rtol=1e-10)


WITH_ENTROPY = [n for n in SMOOTH if hasattr(SMOOTH[n][0], "entropy")]


@pytest.mark.parametrize("name", WITH_ENTROPY)
def test_entropy(made, name):
    assert made[name].entropy() == pytest.approx(SMOOTH[name][0].entropy(), abs=1e-11)


@pytest.mark.parametrize("name", SMOOTH)
def test_draws_follow_the_law(made, name):
    # False-fail rate 1e-9; detects a discrepancy of 0.0463 (a lost mode is 0.2).
    draws = made[name].rvs(20_000, np.random.default_rng(0))
    assert (result := dkw_test(draws, SMOOTH[name][0])), result


@given(st.floats(1e-13, 1 - 1e-13), st.sampled_from(sorted(SMOOTH)))
@settings(max_examples=150, deadline=None)
def test_the_cdf_undoes_the_quantile(made, u, name):
    d = made[name]
    assert float(d.cdf(d.ppf(u))) == pytest.approx(u, rel=1e-10, abs=1e-11)
    assert float(d.sf(d.isf(u))) == pytest.approx(u, rel=1e-10, abs=1e-11)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30))
@settings(max_examples=50, deadline=None)
def test_quantiles_never_fall(made, u):
    for name in ("normal", "two modes", "beta"):
        x = made[name].ppf(np.sort(u))
        with np.errstate(invalid="ignore"):  # inf - inf at repeated ends
            assert not np.any(np.diff(x) < -1e-11)


def test_quantiles_beyond_the_table_are_exact(made):
    q = np.array([1e-19, 1e-40, 1e-100, 1e-250])
    np.testing.assert_allclose(made["normal"].ppf(q), stats.norm.ppf(q), rtol=1e-13)
    np.testing.assert_allclose(made["normal"].isf(q), stats.norm.isf(q), rtol=1e-13)
    np.testing.assert_allclose(made["exponential"].ppf(q), q, rtol=1e-11)


def test_tails_by_mpmath(made):
    x = [-30.0, -12.0, -5.0]
    with mpmath.workdps(30):
        exact = [float(mpmath.ncdf(v)) for v in x]
    np.testing.assert_allclose(made["normal"].cdf(x), exact, rtol=1e-12)
    np.testing.assert_allclose(made["normal"].sf(np.negative(x)), exact, rtol=1e-12)


@given(st.floats(1e-150, 1e150))
@settings(max_examples=10, deadline=None)
def test_a_constant_factor_does_not_matter(factor):
    d = from_pdf(lambda x: factor * np.exp(-x * x / 2), (-INF, INF))
    np.testing.assert_allclose(d.pdf([0.0, 1.0]), stats.norm.pdf([0, 1]), rtol=1e-13)
    assert float(d.ppf(1e-6)) == pytest.approx(stats.norm.ppf(1e-6), rel=1e-12)


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
@settings(max_examples=15, deadline=None)
def test_a_named_location_is_found_at_any_scale(mean, scale):
    exact = stats.norm(mean, scale)
    d = from_pdf(exact.pdf, (-INF, INF), points=(mean,))
    u = np.array([1e-9, 0.1, 0.5, 0.9])
    grain = 1e-15 * abs(mean) / scale  # what one float of x is worth in u
    np.testing.assert_allclose(exact.cdf(d.ppf(u)), u, rtol=1e-10 + 1e2 * grain)


# -- densities that are hard on purpose


def bump(x, centre, width):
    z = 2 * (x - centre) / width
    return np.where(np.abs(z) < 1, np.exp(-1 / np.maximum(1 - z * z, 1e-300)), 0.0)


def box(low, high):
    return lambda x: 1.0 * ((x > low) & (x < high))


HARD = {  # density, support, points, quantiles of 0.1 0.5 0.9 where they are known
    "log at 0": (lambda x: -np.log(x), (0, 1), (), None),
    "log at 1": (lambda x: -np.log(1 - x), (0, 1), (), None),
    "root inside": (
        lambda x: np.abs(x - 0.3) ** -0.5,
        (0, 1),
        (0.3,),
        [
            0.3 - (math.sqrt(0.3) - 0.1 * (math.sqrt(0.3) + math.sqrt(0.7))) ** 2,
            0.3 + (0.5 * (math.sqrt(0.3) + math.sqrt(0.7)) - math.sqrt(0.3)) ** 2,
            0.3 + (0.9 * (math.sqrt(0.3) + math.sqrt(0.7)) - math.sqrt(0.3)) ** 2,
        ],
    ),
    "root at 0 inside": (
        lambda x: np.abs(x) ** -0.5,
        (-1, 1),
        (0,),
        [-0.64, 0.0, 0.64],
    ),
    "almost 1/x": (lambda x: x**-0.95, (0, 1), (), [1e-20, 0.5**20, 0.9**20]),
    "semicircle": (lambda x: np.sqrt(1 - x * x), (-1, 1), (), None),
    "bump of 1/1000": (lambda x: bump(x, 0.7317, 0.001), (0, 1), (), None),
    "bump on a floor": (lambda x: 1 + 500 * bump(x, 0.7317, 0.001), (0, 1), (), None),
    "box of 1/1000": (box(0.7317, 0.7327), (0, 1), (), [0.7318, 0.7322, 0.7326]),
    "box and gap": (
        lambda x: box(0.1, 0.2)(x) + box(0.7317, 0.7327)(x),
        (0, 1),
        (),
        [0.1101, 0.1505, 0.1909],
    ),
    "comb with gaps": (lambda x: np.maximum(np.sin(200 * x), 0), (0, 1), (), None),
    "wave": (lambda x: np.sin(100 * x) ** 2, (0, 1), (), None),
    "gap of 2000": (
        lambda x: stats.norm.pdf(x, -1000) + stats.norm.pdf(x, 1000),
        (-INF, INF),
        (-1000, 1000),
        None,
    ),
    "naive logistic": (
        lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2,
        (-INF, INF),
        (),
        list(stats.logistic.ppf([0.1, 0.5, 0.9])),
    ),
    "naive gamma": (
        lambda x: x**4 * np.exp(-x),
        (0, INF),
        (),
        list(stats.gamma(5).ppf([0.1, 0.5, 0.9])),
    ),
    "naive inverse gamma": (
        lambda x: np.exp(-1 / x) / x**2,
        (0, INF),
        (),
        list(-1 / np.log([0.1, 0.5, 0.9])),
    ),
    "left half-line": (np.exp, (-INF, 2), (), list(2 + np.log([0.1, 0.5, 0.9]))),
    "tail x^-1.1": (lambda x: x**-1.1, (1, INF), (), [0.9**-10, 0.5**-10, 0.1**-10]),
    "wide": (lambda x: stats.norm.pdf(x, 0, 1e9), (-INF, INF), (), None),
    "narrow": (lambda x: stats.norm.pdf(x, 0, 1e-9), (-INF, INF), (), None),
    "tiny support": (np.ones_like, (0, 1e-250), (), [1e-251, 5e-251, 9e-251]),
    "huge support": (np.ones_like, (0, 1e250), (), [1e249, 5e249, 9e249]),
    "integers": (lambda x: (x > 0).astype(int), (-1, 1), (0,), [0.1, 0.5, 0.9]),
    "booleans": (lambda x: x > 0, (-1, 1), (), [0.1, 0.5, 0.9]),
}


@pytest.mark.parametrize("name", HARD)
def test_hard_densities_are_right(name):
    pdf, support, points, quantiles = HARD[name]
    d = from_pdf(pdf, support, points=points)
    assert d.u_error(100) <= 1e-11
    if quantiles is not None:
        got = d.ppf([0.1, 0.5, 0.9])
        np.testing.assert_allclose(got, quantiles, rtol=1e-9, atol=1e-11)


def test_a_density_that_raises_far_out_counts_as_gone():
    naive = np.vectorize(lambda x: math.exp(-x) / (1 + math.exp(-x)) ** 2)
    d = from_pdf(naive, (-720, 40))  # math.exp raises OverflowError at 710
    q = np.array([1e-9, 0.1, 0.5, 0.9])
    np.testing.assert_allclose(d.ppf(q), stats.logistic.ppf(q), rtol=1e-10, atol=1e-11)
    with pytest.raises(ValueError, match="finite inside its support, got nan at x = 7"):
        from_pdf(np.vectorize(math.exp), (0, 720))


def test_a_singular_end_that_is_not_zero():
    # Doubles end at 1 - 1e-16, where the arcsine law still has 7e-9 to go.
    law = stats.beta(0.5, 0.5)
    d = from_pdf(law.pdf, (0, 1))
    u = np.linspace(0.0005, 0.9995, 1000)
    np.testing.assert_allclose(law.cdf(d.ppf(u)), u, atol=1e-11)
    np.testing.assert_allclose(d.cdf(d.ppf(TAILS)), TAILS, rtol=1e-10)
    assert d.mean() == pytest.approx(0.5, abs=1e-13)
    assert d.var() == pytest.approx(0.125, abs=1e-13)
    assert d.entropy() == pytest.approx(law.entropy(), abs=1e-11)
    np.testing.assert_array_equal(d.ppf([1 - 1e-15, 1.0]), [1.0, 1.0])


def test_a_singularity_at_a_shifted_end():
    law = stats.gamma(0.5, loc=5)
    d = from_pdf(law.pdf, (5, INF))
    u = np.linspace(0.001, 0.999, 999)
    x = d.ppf(u)
    near = np.abs(law.pdf(x)) * np.spacing(x)  # what one float of x is worth in u
    assert np.all(np.abs(law.cdf(x) - u) <= 1e-11 + 2 * near)
    np.testing.assert_allclose(law.sf(d.isf(TAILS)), TAILS, rtol=1e-10)


def test_a_law_on_floats_that_are_coarse():
    law = stats.norm(1e6, 1e-2)
    d = from_pdf(law.pdf, (-INF, INF), points=(1e6,))
    u = np.linspace(0.01, 0.99, 99)
    assert np.max(np.abs(law.cdf(d.ppf(u)) - u)) < 1e-8  # one float of x: 1e-8 of sd
    assert d.var() == pytest.approx(1e-4, rel=1e-6)


def test_heavy_tails_have_the_moments_that_exist():
    cauchy = from_pdf(stats.cauchy().pdf, (-INF, INF))
    assert np.isnan(cauchy.mean()) and np.isnan(cauchy.var())
    right = from_pdf(lambda x: x**-2.0, (1, INF))
    assert right.mean() == INF and np.isnan(right.var())
    left = from_pdf(lambda x: x**-2.0, (-INF, -1))
    assert left.mean() == -INF
    student = from_pdf(stats.t(2).pdf, (-INF, INF))
    assert student.mean() == pytest.approx(0, abs=1e-9) and student.var() == INF
    pareto = from_pdf(lambda x: x**-3.0, (1, INF))
    assert pareto.mean() == pytest.approx(2, rel=1e-11) and pareto.var() == INF
    lighter = from_pdf(lambda x: x**-3.5, (1, INF))
    assert lighter.mean() == pytest.approx(5 / 3, rel=1e-11)
    assert lighter.var() == pytest.approx(20 / 9, rel=1e-11)


def test_light_tails_beyond_zero_do_not_look_heavy():
    d = from_pdf(stats.norm(1000, 1).pdf, (-INF, INF))
    assert d.mean() == pytest.approx(1000) and d.var() == pytest.approx(1)


# -- the object


def test_outside_ends_and_nan():
    d = from_pdf(lambda x: 1 - x / 2, (0, 2))
    x = np.array([-INF, -1.0, 0.0, 2.0, 3.0, INF, np.nan])
    np.testing.assert_array_equal(d.pdf(x), [0, 0, 1, 0, 0, 0, np.nan])
    np.testing.assert_array_equal(d.cdf(x), [0, 0, 0, 1, 1, 1, np.nan])
    np.testing.assert_array_equal(d.sf(x), [1, 1, 1, 0, 0, 0, np.nan])
    q = np.array([0.0, 1.0, -0.1, 1.1, np.nan])
    np.testing.assert_array_equal(d.ppf(q), [0, 2, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(d.isf(q), [2, 0, np.nan, np.nan, np.nan])
    assert float(d.logpdf(0.5)) == pytest.approx(np.log(0.75), rel=1e-13)
    assert float(d.logpdf(3.0)) == -INF


def test_infinite_ends():
    d = from_pdf(stats.norm().pdf, (-INF, INF))
    np.testing.assert_array_equal(d.ppf([0.0, 1.0]), [-INF, INF])
    np.testing.assert_array_equal(d.isf([0.0, 1.0]), [INF, -INF])
    np.testing.assert_array_equal(d.cdf([-INF, INF, -1e300, 1e300]), [0, 1, 0, 1])
    np.testing.assert_array_equal(d.pdf([-INF, INF]), [0, 0])


def test_the_median_comes_from_both_sides():
    d = from_pdf(lambda x: 1 - x / 2, (0, 2))
    exact = 2 - np.sqrt(2)
    for x in (d.ppf(0.5), d.isf(0.5), d.ppf(np.nextafter(0.5, 1)), d.ppf(0.5 - 1e-16)):
        assert float(x) == pytest.approx(exact, rel=1e-12)


def test_shapes_stay():
    d = from_pdf(np.ones_like, (0, 1))
    for method in (d.pdf, d.logpdf, d.cdf, d.sf, d.ppf, d.isf):
        assert np.shape(method(0.25)) == ()
        assert np.shape(method([])) == (0,)
        assert method(np.full((2, 3), 0.25)).shape == (2, 3)
    u = np.linspace(0, 1, 20_001)  # more than one block
    np.testing.assert_allclose(d.ppf(u), u, atol=1e-15)
    np.testing.assert_allclose(d.ppf(u[::2]), u[::2], atol=1e-15)
    np.testing.assert_allclose(d.isf(u), 1 - u, atol=1e-15)


def test_arguments_are_left_alone():
    q = np.array([0.25, 0.75])
    from_pdf(np.ones_like, (0, 1)).ppf(q)
    np.testing.assert_array_equal(q, [0.25, 0.75])


@pytest.mark.parametrize("size", [0, 1, (), (2, 3), 8191, 8192, 8193, 20_000])
def test_draws_are_quantiles_of_uniforms(size):
    d = from_pdf(stats.norm().pdf, (-INF, INF))
    x = d.rvs(size, np.random.default_rng(7))
    u = np.random.default_rng(7).random(x.size).reshape(x.shape)
    assert x.shape == (size if isinstance(size, tuple) else (size,))
    np.testing.assert_array_equal(x, d.ppf(u))


def test_a_uniform_of_zero_is_a_finite_draw():
    class Zero(np.random.Generator):
        def random(self, out):
            out[:] = 0.0

    x = from_pdf(stats.norm().pdf, (-INF, INF)).rvs(3, Zero(np.random.PCG64(0)))
    assert np.all(x < -8.5) and np.all(np.isfinite(x))


def test_bad_draws_are_refused():
    d = from_pdf(np.ones_like, (0, 1))
    with pytest.raises(TypeError, match="rng must be a numpy Generator"):
        d.rvs(3, 0)
    with pytest.raises(ValueError, match="must not be negative"):
        d.rvs(-3, np.random.default_rng(0))


def test_it_says_what_it_is():
    d = from_pdf(np.ones_like, (0, 1), points=[0.5, 0.25])
    assert repr(d) == "from_pdf(..., support=(0, 1), points=(0.25, 0.5))"
    assert d.support() == (0.0, 1.0)


def test_points_may_be_an_array_and_repeat():
    d = from_pdf(stats.laplace().pdf, (-INF, INF), points=np.array([0.0, 0.0]))
    assert float(d.cdf(0.0)) == pytest.approx(0.5, abs=1e-13)


# -- u_error must see what is wrong


def test_u_error_sees_a_lost_mode():
    d = from_pdf(TWO_MODES.pdf, (-INF, INF))
    lost = from_pdf(stats.norm(-8, 1).pdf, (-INF, INF))
    d.ppf = lost.ppf
    assert d.u_error(100) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("shift", [1e-9, 1e-6])
def test_u_error_sees_a_shifted_table(shift):
    d = from_pdf(np.ones_like, (0, 1))
    right = d.ppf
    d.ppf = lambda u: right(u) * (1 - shift)
    assert d.u_error(100) == pytest.approx(shift, rel=0.01)


def test_u_error_needs_a_point():
    d = from_pdf(np.ones_like, (0, 1))
    assert d.u_error(1) < 1e-11
    with pytest.raises(ValueError, match="n >= 1 points, got 0"):
        d.u_error(0)


# -- refusals

REFUSED = {
    "1/x at 0": (lambda x: 1 / x, (0, 1), r"not integrable: next to x = 0 .*\^-1.000"),
    "1/x at 1": (lambda x: 1 / (1 - x), (0, 1), r"not integrable: next to x = 1 "),
    "almost": (lambda x: x**-0.99, (0, 1), r"not integrable.*\^-0.990"),
    "1/x far": (lambda x: 1 / x, (1, INF), r"towards inf it falls like \|x\|\^-1.000"),
    "left tail": (lambda x: -1 / x, (-INF, -1), "towards -inf it falls"),
    "constant": (np.ones_like, (-INF, INF), "towards -inf it falls like"),
    "x": (lambda x: x, (0, INF), "towards inf it falls like"),
    "tail x^-1.04": (lambda x: x**-1.04, (1, INF), "its tail is too heavy"),
    "exp": (np.exp, (-INF, INF), "must be finite inside its support, got inf at x = 7"),
    "negative": (np.sin, (0, 5), "never negative, got -.* at x = 3.14"),
    "NaN at an end": (lambda x: np.sqrt(1 - x * x), (-2, 2), "got nan at x = -"),
    "NaN beyond": (lambda x: np.sqrt(1 - x), (-1, INF), "got nan at x = 1"),
    "NaN before": (lambda x: np.exp(-x) * np.sqrt(x), (-INF, 2), "finite inside"),
    "NaN in the middle": (
        lambda x: np.exp(-x * x) * np.where(np.abs(x - 3) < 0.2, np.nan, 1),
        (-INF, INF),
        "got nan at x = 2.8",
    ),
    "inf inside": (
        lambda x: np.where(np.abs(x - 0.3) < 1e-3, INF, 1.0),
        (-2, 2),
        "got inf at x = 0.29",
    ),
    "unnamed singularity": (
        lambda x: np.abs(x - 0.3) ** -0.5,
        (0, 1),
        r"x = 0\.3",
    ),
    "zero": (lambda x: 0 * x, (0, 1), "density is zero wherever it was looked at"),
    "zero on R": (lambda x: 0 * x, (-INF, INF), "name the location and scale"),
    "unseen": (lambda x: stats.norm.pdf(x, 500, 1e-3), (-INF, INF), "density is zero"),
    "all NaN": (lambda x: x * np.nan, (0, 1), "got nan"),
    "scalar": (lambda x: 1.0, (0, 1), r"\(\d+,\) went in, \(\) came out"),
    "shorter": (lambda x: x[1:], (0, 1), "went in, .* came out"),
    "column": (lambda x: x[:, None], (0, 1), r"\(\d+, 1\) came out"),
    "complex": (lambda x: x + 1j, (0, 1), "real numbers, got complex128"),
    "text": (lambda x: x.astype(str), (0, 1), "real numbers, got <U"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_density_is_refused(name):
    pdf, support, words = REFUSED[name]
    with pytest.raises(ValueError, match=words):
        from_pdf(pdf, support)


def test_noise_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="not resolved near .* remove the noise"):
        from_pdf(lambda x: rng.random(x.shape), (0, 1))


def test_endless_oscillation_is_refused():
    with pytest.raises(ValueError, match="needs more than 100000 panels|not resolved"):
        from_pdf(lambda x: 1 + np.sin(1e7 * x), (0, 1))


def test_hundreds_of_gaps_are_right():
    d = from_pdf(lambda x: 1.0 * (np.sin(1000 * x) > 0.9), (0, 1))
    width = (np.pi - 2 * np.arcsin(0.9)) / 1000
    period = 2 * np.pi / 1000
    start = np.arcsin(0.9) / 1000
    u = (np.arange(1000) + 0.5) / 1000
    tooth, part = np.divmod(u * d._panels.total, width)
    assert d._panels.total == pytest.approx(159 * width, rel=1e-10)
    np.testing.assert_allclose(d.ppf(u), start + tooth * period + part, atol=1e-11)


@pytest.mark.parametrize(
    ("support", "words"),
    [
        ((1, 0), "low < high"),
        ((1, 1), "low < high"),
        ((np.nan, 1), "low < high"),
        ((0, np.nan), "low < high"),
        ((INF, -INF), "low < high"),
        ((1e10, 1e10 + 1), "too narrow for its distance from 0"),
        ((0, 1, 2), "two numbers"),
        (3, "two numbers"),
        (("a", "b"), "two numbers"),
        (None, "two numbers"),
    ],
)
def test_supports_that_are_none(support, words):
    with pytest.raises(ValueError, match=words):
        from_pdf(np.ones_like, support)


@pytest.mark.parametrize("point", [0.0, 1.0, -1.0, np.nan, INF])
def test_points_must_lie_inside(point):
    with pytest.raises(ValueError, match=r"inside the support \(0, 1\), got"):
        from_pdf(np.ones_like, (0, 1), points=(0.5, point))


def test_a_density_is_a_function_of_arrays():
    with pytest.raises(TypeError, match="pdf must be a function, got float"):
        from_pdf(1.0, (0, 1))
    with pytest.raises(TypeError, match="np.vectorize"):
        from_pdf(lambda x: math.exp(-x), (0, INF))


def test_too_many_panels_are_refused(monkeypatch):
    monkeypatch.setattr("mlph_lib.transport.panels.MOST_PANELS", 5000)
    with pytest.raises(ValueError, match="needs more than 5000 panels, the worst one"):
        from_pdf(lambda x: 2 + np.sin(2e4 * x), (0, 1))

"""The independent CDF that `u_error` trusts has to be right on its own."""

import numpy as np
import pytest
from scipy import stats

from mlph_lib.transport.check import quadrature_cdf

INF = np.inf


@pytest.mark.parametrize(
    ("law", "low", "high"),
    [
        (stats.norm(), -INF, INF),
        (stats.gamma(0.3), 0.0, INF),
        (stats.beta(2, 5), 0.0, 1.0),
        (stats.expon(), 0.0, INF),
        (stats.laplace(0.123), -INF, INF),
    ],
)
@pytest.mark.parametrize("factor", [1.0, 1e-30])
def test_it_is_the_cdf(law, low, high, factor):
    x = law.ppf(np.linspace(0.01, 0.99, 50))
    got = quadrature_cdf(lambda x: factor * law.pdf(x), x, low, high)
    np.testing.assert_allclose(got, law.cdf(x), atol=3e-13)


def test_small_tails_keep_their_relative_accuracy():
    x = np.array([-10.0, -5.0, 0.0, 5.0])
    got = quadrature_cdf(stats.norm.pdf, x, -INF, INF)
    np.testing.assert_allclose(got[:2], stats.norm.cdf(x[:2]), rtol=1e-10)


def test_a_narrow_mode_in_a_wide_gap_is_seen():
    def pdf(x):
        return stats.norm.pdf(x, 0, 0.01) + stats.norm.pdf(x, 100, 0.2)

    got = quadrature_cdf(pdf, np.array([-0.02, 0.02, 200.0]), -1.0, 250.0)
    exact = [*(0.5 * stats.norm.cdf([-2, 2])), 1.0]
    np.testing.assert_allclose(got, exact, atol=1e-11)


def test_jumps_are_seen():
    got = quadrature_cdf(lambda x: 1.0 * (x < 1 / 3), np.array([0.1, 0.2]), 0.0, 1.0)
    np.testing.assert_allclose(got, [0.3, 0.6], atol=1e-12)


def test_values_that_are_not_finite_count_as_nothing():
    def naive(x):
        return np.exp(-x) / (1 + np.exp(-x)) ** 2

    x = np.array([-5.0, 0.0, 5.0])
    got = quadrature_cdf(naive, x, -INF, INF)
    np.testing.assert_allclose(got, stats.logistic.cdf(x), atol=1e-12)


def test_repeated_points_are_no_trouble():
    got = quadrature_cdf(np.ones_like, np.array([0.5, 0.5, 1.0]), 0.0, 1.0, (0.5,))
    np.testing.assert_allclose(got, [0.5, 0.5, 1.0], atol=1e-14)

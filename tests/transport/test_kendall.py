"""Kendall's law: the closed forms, the moments, the law of F(X) itself."""

import math

import numpy as np
import pytest
from scipy.integrate import quad

from mlph_lib.goodness import dkw_test
from mlph_lib.transport import kendall_cdf


@pytest.mark.parametrize("d", [1, 2, 3, 7])
def test_it_is_the_finite_sum(d):
    t = np.linspace(0.01, 1.0, 100)
    series = t * sum((-np.log(t)) ** k / math.factorial(k) for k in range(d))
    np.testing.assert_allclose(kendall_cdf(t, d), series, rtol=1e-13)


@pytest.mark.parametrize("d", [1, 2, 5])
def test_the_mean_is_two_to_the_minus_d(d):
    mean = quad(lambda t: 1 - float(kendall_cdf(t, d)), 0, 1, epsabs=1e-12)[0]
    assert mean == pytest.approx(2.0**-d, abs=1e-10)


def test_ends_outside_and_nan():
    got = kendall_cdf([-1.0, 0.0, 1.0, 2.0, np.nan], 3)
    np.testing.assert_array_equal(got, [0.0, 0.0, 1.0, 1.0, np.nan])


def test_it_keeps_the_shape():
    assert kendall_cdf(np.full((2, 3), 0.5), 2).shape == (2, 3)
    assert np.shape(kendall_cdf(0.5, 2)) == ()


@pytest.mark.parametrize("d", [2, 4])
def test_products_of_uniforms_follow_it(d):
    # False-fail rate 1e-9; detects a discrepancy of 0.047 with the same certainty,
    # far below the 0.25 and more by which the uniform law is off.
    product = np.random.default_rng(d).random((20_000, d)).prod(axis=1)
    result = dkw_test(product, lambda t: kendall_cdf(t, d))
    assert result, result
    assert not dkw_test(product, lambda t: t)


@pytest.mark.parametrize("d", [0, -1])
def test_a_dimension_is_at_least_one(d):
    with pytest.raises(ValueError, match=f"must be at least 1, got {d}"):
        kendall_cdf(0.5, d)


def test_a_dimension_is_an_integer():
    with pytest.raises(TypeError):
        kendall_cdf(0.5, 1.5)

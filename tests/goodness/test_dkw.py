"""The DKW test: exact distances, the stated false-fail rate, clear refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mlph_lib.goodness import DkwResult, dkw_epsilon, dkw_test, ks_distance


@pytest.mark.parametrize(
    ("n", "alpha", "expected"),
    [
        (1, 2 / np.e, np.sqrt(0.5)),
        (50, 2 * np.exp(-1), 0.1),
        (10_000, 1e-9, np.sqrt(np.log(2e9) / 20_000)),
    ],
)
def test_epsilon_is_massarts(n, alpha, expected):
    assert dkw_epsilon(n, alpha) == pytest.approx(expected, rel=1e-14)


def test_epsilon_has_the_stated_default_rate():
    assert dkw_epsilon(100) == dkw_epsilon(100, 1e-9)


@pytest.mark.parametrize("n", [0, -3])
def test_epsilon_refuses_no_samples(n):
    with pytest.raises(ValueError, match=f"n >= 1 samples, got n = {n}"):
        dkw_epsilon(n)


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1, 2.0, np.nan])
def test_epsilon_refuses_what_is_no_rate(alpha):
    with pytest.raises(ValueError, match=r"inside \(0, 1\)"):
        dkw_epsilon(10, alpha)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=40))
@settings(max_examples=50, deadline=None)
def test_distance_is_scipys(samples):
    ours = ks_distance(samples, stats.norm())
    theirs = stats.ks_1samp(samples, stats.norm.cdf, method="asymp").statistic
    assert ours == pytest.approx(theirs, abs=1e-15)


@pytest.mark.parametrize(
    ("samples", "expected"),
    [([0.0], 1.0), ([1.0], 1.0), ([0.5], 0.5), ([0.9, 0.2], 0.4)],
)
def test_distance_by_hand_against_the_uniform(samples, expected):
    assert ks_distance(samples, lambda x: x) == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize(
    ("samples", "shape"), [([], r"\(0,\)"), ([[0.1, 0.2]], r"\(1, 2\)"), (0.3, r"\(\)")]
)
def test_distance_refuses_other_shapes(samples, shape):
    with pytest.raises(ValueError, match=rf"shape \(n,\) with n >= 1, got {shape}"):
        ks_distance(samples, stats.norm())


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_distance_names_the_sample_that_is_not_finite(bad):
    with pytest.raises(ValueError, match=f"got {bad} at position 2"):
        ks_distance([0.0, 1.0, bad], stats.norm())


def test_distance_refuses_what_has_no_cdf():
    with pytest.raises(TypeError, match="method cdf, or the CDF as a function, got i"):
        ks_distance([0.1], 3)


def test_distance_refuses_a_cdf_of_another_shape():
    with pytest.raises(ValueError, match=r"\(2,\) went in, \(1,\) came out"):
        ks_distance([0.1, 0.2], lambda x: x[:1])


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan])
def test_distance_refuses_values_outside_the_unit_interval(value):
    with pytest.raises(ValueError, match=rf"lies in \[0, 1\], got {value} at x = 0.2"):
        ks_distance([0.1, 0.2], lambda x: np.where(x > 0.15, value, 0.5))


def test_distance_refuses_a_falling_cdf():
    with pytest.raises(ValueError, match="never falls, this one does right of x = 0.1"):
        ks_distance([0.1, 0.2], lambda x: 1 - x)


def test_a_result_says_all_it_knows():
    result = dkw_test([0.5], stats.uniform(), alpha=0.01)
    bound = np.sqrt(np.log(200) / 2)
    assert result == DkwResult(0.5, bound, 1, 0.01, 2 * bound, True)
    assert str(result).startswith("passed: distance 5.000e-01, bound 1.628e+00 (n = 1")
    assert "false-fail rate 1e-02" in str(result)


def test_the_verdict_is_the_comparison_with_the_bound():
    n, shift = 1000, 0.0
    grid = (np.arange(n) + 0.5) / n
    bound = dkw_epsilon(n)
    for shift, passes in ((bound - 0.001, True), (bound + 0.001, False)):
        result = dkw_test(grid, lambda x, s=shift: np.clip(x - s, 0, 1))
        assert result.distance == pytest.approx(shift + 0.5 / n, abs=1e-12)
        assert bool(result) is passes is result.passed
    assert str(result).startswith("FAILED")


def test_false_fails_are_as_rare_as_stated():
    # 2,000 tests at alpha = 0.05. P(more than 145 failures) < 5e-6 even at a true
    # rate of 0.05; the distances of n = 100 reach 0.05 almost exactly (Massart).
    rng = np.random.default_rng(1)
    failed = sum(
        not dkw_test(rng.random(100), stats.uniform(), alpha=0.05) for _ in range(2000)
    )
    assert 40 < failed <= 145


def test_the_detectable_discrepancy_is_detected():
    # A shift of the uniform by `detectable` is refused with probability 1 - 1e-9.
    rng = np.random.default_rng(2)
    n = 5000
    shift = 2 * dkw_epsilon(n)
    result = dkw_test(rng.random(n), lambda x: np.clip(x - shift, 0, 1))
    assert result.detectable == pytest.approx(shift)
    assert not result

"""From laws to log-probabilities: rows without targets, zeros, either answer."""

import numpy as np

from mlph_lib.pretraining.limits.laws import log_of, of_binary, of_targets, spread


def test_a_row_without_targets_shows_zeros():
    shown = spread(np.array([-3.0, 0.0]), np.array([[0.5, 0.0, 1.0], [0.0, 0.0, 0.0]]))
    np.testing.assert_array_equal(shown, [[-2.0, 0.0, -2.0], [0.0, 0.0, 0.0]])


def test_the_weighted_sum_is_the_total():
    rng = np.random.default_rng(0)
    weights, total = rng.random((5, 7)) + 0.1, -rng.random(5)
    weights[0] /= 10  # less than one target in all
    np.testing.assert_allclose((weights * spread(total, weights)).sum(axis=1), total)


def test_the_impossible_has_minus_infinity():
    assert log_of(np.array([0.0, 1.0])).tolist() == [-np.inf, 0.0]
    laws = np.array([[1.0, 0.0], [1.0, 0.0]])
    got = of_targets(laws, np.array([1, 7]), np.array([2.0, 0.0]))
    assert got.tolist() == [-np.inf, 0.0]


def test_either_answer():
    logit = np.array([2.0, -2.0, np.inf, -np.inf])
    p = 1 / (1 + np.exp(-logit))
    np.testing.assert_allclose(np.exp(of_binary(logit, np.ones(4))), p)
    np.testing.assert_allclose(np.exp(of_binary(logit, np.zeros(4))), 1 - p)

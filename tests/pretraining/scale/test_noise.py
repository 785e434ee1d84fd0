"""The noise scale: unbiased parts, errors that hold, what is refused."""

import numpy as np
import pytest

from mlph_lib.pretraining.scale import noise_scale

DIM, SIGNAL, TRACE, BATCH, GROUPS, EACH = 6, 0.8, 3.0, 4, 16, 8


def drawn(rng):
    """Squares and products of gradients with a known mean and covariance."""
    mean = np.full(DIM, np.sqrt(SIGNAL / DIM))
    noise = rng.normal(0, np.sqrt(TRACE / DIM / BATCH), (GROUPS, EACH, DIM))
    g = mean + noise
    means = g.mean(axis=1)
    return (g**2).sum(-1).mean(1), means @ means.T


def test_both_parts_are_unbiased_and_their_errors_hold():
    """400 experiments, means within 4.5 errors: false-fail rate 3e-5 in all.

    The mean of the jackknife's errors is near the deviation of the estimates, within
    20 %: the deviation of 400 draws has a relative error of 3.5 %, 5.6 times less.
    """
    rng = np.random.default_rng(0)
    found = np.array([noise_scale(*drawn(rng), EACH, BATCH) for _ in range(400)])
    deviation = found[:, :3].std(axis=0)
    for column, truth in ((0, TRACE), (1, SIGNAL)):
        error = deviation[column] / 20
        assert abs(found[:, column].mean() - truth) < 4.5 * error
    assert np.all(np.abs(found[:, 3:].mean(axis=0) / deviation - 1) < 0.2)


def test_the_naive_ratio_would_be_biased():
    """The twin: without the correction the signal holds a share of the noise."""
    rng, few = np.random.default_rng(1), []
    for _ in range(400):
        squares, gram = drawn(rng)
        few.append(gram[:2, :2].sum() / 4)  # |mean|^2 of two groups, as it is
    expected = SIGNAL + TRACE / (2 * EACH * BATCH)
    error = np.std(few) / 20
    assert abs(np.mean(few) - expected) < 4.5 * error < expected - SIGNAL


@pytest.mark.parametrize("shape, count", [((2, 2), 2), ((3, 2), 3), ((4, 4), 3)])
def test_refused(shape, count):
    with pytest.raises(ValueError, match="three groups or more"):
        noise_scale(np.ones(count), np.ones(shape), 1, 1)

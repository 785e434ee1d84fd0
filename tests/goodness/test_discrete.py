"""DKW on the CDF over ids: exact distances, the stated rate, clear refusals."""

import numpy as np
import pytest

from mlph_lib.goodness import dkw_epsilon, dkw_test_ids

LAW = [0.2, 0.0, 0.5, 0.3]


@pytest.mark.parametrize(
    ("ids", "expected"), [([0], 0.8), ([3], 0.7), ([2, 2], 0.3), ([0, 2, 3], 2 / 15)]
)
def test_distance_by_hand(ids, expected):
    assert dkw_test_ids(ids, LAW).distance == pytest.approx(expected, abs=1e-15)


def test_a_certain_token_has_distance_zero():
    # The limit from the left of its jump is 1 away: it must not count.
    result = dkw_test_ids(np.full(1000, 1), [0.0, 1.0, 0.0])
    assert result.distance == 0.0 and result


def test_the_verdict_is_the_comparison_with_the_bound():
    n = 10_000
    off = int(np.floor(n * dkw_epsilon(n)))
    for k, passes in ((off, True), (off + 1, False)):
        ids = np.repeat([0, 1], [n // 2 + k, n // 2 - k])
        assert bool(dkw_test_ids(ids, [0.5, 0.5])) is passes


def test_false_fails_are_not_more_than_stated():
    # 2,000 tests at alpha = 0.05: P(more than 145 failures) < 5e-6 at that rate.
    rng = np.random.default_rng(3)
    failed = sum(
        not dkw_test_ids(rng.choice(4, 100, p=LAW), LAW, alpha=0.05)
        for _ in range(2000)
    )
    assert 0 < failed <= 145


def test_one_wrong_probability_is_detected():
    rng, n = np.random.default_rng(4), 10_000
    off = 4 * dkw_epsilon(n)
    wrong = [0.2 + off, 0.0, 0.5 - off, 0.3]
    result = dkw_test_ids(rng.choice(4, n, p=wrong), LAW)
    assert not result and result.detectable == pytest.approx(off / 2)


@pytest.mark.parametrize(
    ("ids", "law", "error", "words"),
    [
        ([], LAW, ValueError, "n >= 1"),
        ([[1]], LAW, ValueError, r"got \(1, 1\)"),
        ([0.5], LAW, TypeError, "integers, got float64"),
        ([4], LAW, ValueError, r"0, ..., 3, got 4 to 4"),
        ([-1], LAW, ValueError, "got -1"),
        ([0], [0.5, 0.4], ValueError, "with sum 0.9"),
        ([0], [1.5, -0.5], ValueError, "none negative"),
        ([0], [np.nan, 1.0], ValueError, "none negative"),
        ([0], [[1.0]], ValueError, r"shape \(1, 1\)"),
    ],
)
def test_bad_arguments(ids, law, error, words):
    with pytest.raises(error, match=words):
        dkw_test_ids(ids, law)

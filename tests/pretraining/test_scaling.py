"""The ring by passing parts around, and what is left of a step."""

import numpy as np
import pytest

from mlph_lib.pretraining.scaling import efficiency, ring_seconds


def passed_around(arrays):
    """All-reduce on a ring, part by part: the arrays after it, and numbers sent."""
    n = len(arrays)
    parts = [np.split(a.copy(), n) for a in arrays]
    sent = 0
    for turn in range(2 * (n - 1)):
        moved = [(w, (w - turn) % n) for w in range(n)]
        moving = [parts[w][k].copy() for w, k in moved]
        for (w, k), part in zip(moved, moving, strict=True):
            there = parts[(w + 1) % n]
            there[k] = there[k] + part if turn < n - 1 else part
        sent += moving[0].size
    return [np.concatenate(p) for p in parts], sent


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_a_ring_adds_up_in_the_time_that_the_formula_says(n):
    arrays = [np.random.default_rng(w).random(30) for w in range(n)]
    after, sent = passed_around(arrays)
    for a in after:
        assert np.allclose(a, np.sum(arrays, axis=0))
    assert ring_seconds(30, n, bandwidth=2) == pytest.approx(sent / 2)


def test_time_grows_to_twice_the_array_and_no_further():
    times = ring_seconds(1.0, [1, 2, 8, 10**6], 1.0)
    assert np.all(np.diff(times) > 0) and times[0] == 0 and 1.99 < times[-1] < 2


@pytest.mark.parametrize(
    "wrong", [(0, 2, 1.0), (1.0, 0, 1.0), (1.0, 2, 0.0), (1.0, [2, 0], 1.0)]
)
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match="one worker or more"):
        ring_seconds(*wrong)


def test_efficiency_is_the_share_of_work():
    share = efficiency(np.array([1.0, 9.0]), 1.0)
    assert share.tolist() == [0.5, 0.9] and efficiency(2.0, 0.0) == 1

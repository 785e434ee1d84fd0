"""A law small enough for a page keeps what transformers keeps."""

import numpy as np
import pytest
import torch
from mlph_lib.page.live.law import EXACT, condensed, shaped
from scipy.special import softmax
from transformers.generation.logits_process import (
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)


def by_transformers(logits, temperature, top_k, top_p):
    """Probabilities in falling order after the processors of ``generate``."""
    scores = torch.tensor(np.asarray(logits), dtype=torch.float64)[None]
    scores = TemperatureLogitsWarper(temperature)(None, scores)
    if top_k:
        scores = TopKLogitsWarper(top_k)(None, scores)
    if top_p < 1:
        scores = TopPLogitsWarper(top_p)(None, scores)
    return np.sort(scores.softmax(-1)[0].numpy())[::-1]


def settings(rng):
    k = int(rng.integers(1, 100)) if rng.random() < 0.6 else 0
    p = float(rng.uniform(0.05, 1)) if rng.random() < 0.7 else 1.0
    return float(rng.uniform(0.1, 2)), k, p


@pytest.mark.parametrize("spread", [0.3, 1.0, 4.0, 30.0])
def test_short_laws_are_exact(spread):
    rng = np.random.default_rng(int(spread * 10))
    for _ in range(150):
        logits = spread * rng.standard_normal(int(rng.integers(2, EXACT)))
        law, now = condensed(logits), settings(rng)
        new, p = shaped(law, *now), by_transformers(logits, *now)
        assert np.all(law.counts == 1)
        assert np.array_equal(new.kept > 0, p > 0) or np.min(p[p > 0]) < 1e-300
        assert new.p == pytest.approx(p, rel=1e-5, abs=1e-12)


def test_ties_stay_together_under_top_k_and_count_alike_under_top_p():
    logits = np.repeat([2.0, 1.0, 0.0], [3, 5, 400])
    law = condensed(logits)
    for now in [(1.0, 2, 1.0), (0.7, 5, 1.0), (1.0, 60, 1.0), (1.0, 4, 0.537)]:
        p = by_transformers(logits, *now)
        assert shaped(law, *now).kept.sum() == np.sum(p > 0)
    assert shaped(law, 1.0, 60, 1.0).kept.sum() == 408, "a tie of 400 tokens"


def test_long_laws_are_exact_at_the_top_and_close_below():
    rng, exact = np.random.default_rng(5), 0
    for size, spread in [(1_000, 2.0), (4_096, 1.5), (32_000, 2.5), (32_000, 0.5)]:
        logits = spread * rng.gumbel(size=size)
        law = condensed(logits)
        assert law.counts.sum() == size and law.counts.size < 320
        for _ in range(40):
            now = settings(rng)
            new, p = shaped(law, *now), by_transformers(logits, *now)
            count, kept = np.sum(p > 0), new.kept.sum()
            if count <= EXACT:
                assert kept == count, now
                exact += 1
            else:
                assert kept == pytest.approx(count, rel=0.005), now
            assert new.p[:24] == pytest.approx(p[:24], rel=1e-3, abs=1e-12)
            held = p[p > 0]
            entropy = -np.sum(held * np.log(held))
            assert new.entropy == pytest.approx(entropy, abs=2e-3)
    assert 40 < exact < 140, "both kinds of laws were seen"


def test_masses_are_exact_at_temperature_one():
    logits = 2 * np.random.default_rng(6).gumbel(size=5_000)
    law, p = condensed(logits), np.sort(softmax(logits))[::-1]
    edges = np.concatenate([[0], np.cumsum(law.counts)])
    masses = [p[a:b].sum() for a, b in zip(edges, edges[1:])]
    assert law.counts * np.exp(law.log_p) == pytest.approx(masses, rel=2e-7)
    assert np.all(np.diff(law.log_p) <= 0)


def test_one_sure_token_stays():
    law = condensed([0.0, 5_000.0, 0.0])
    for now in [(1.0, 0, 1.0), (0.1, 0, 0.05), (2.0, 2, 0.999)]:
        new = shaped(law, *now)
        assert new.p.tolist() == [1, 0, 0] and new.entropy == 0


@pytest.mark.parametrize(
    "logits",
    [[], [1.0], [[1.0, 2.0]], [1.0, np.nan], [1.0, -np.inf], [np.inf, 0.0]],
)
def test_logits_that_are_no_row_of_finite_numbers(logits):
    with pytest.raises(ValueError, match="finite logits of one next token"):
        condensed(logits)

"""Paired gaps: their error by brute force, and the alarm for what is too good."""

import numpy as np
import pytest
import torch

from mlph_lib.pretraining import corruptions, limits
from mlph_lib.pretraining.attention import Attention
from mlph_lib.pretraining.batch import Batch
from mlph_lib.pretraining.evaluation import (
    LeakError,
    log_probs,
    paired_gap,
    weighted_mean,
)
from mlph_lib.pretraining.languages import mess3
from mlph_lib.pretraining.live import build
from mlph_lib.pretraining.network import TransformerConfig
from mlph_lib.pretraining.tasks import TASKS, task
from mlph_lib.pretraining.tensors import Tensors
from mlph_lib.pretraining.vocabulary import Vocabulary

VOCAB = Vocabulary(3)
SMALL = TransformerConfig(VOCAB.size, 16, 1, 2)


def draws(rng, n, length, shift=0.1):
    """log p*, log p_model and weights with a different number of targets a text."""
    star = -rng.exponential(1.0, (n, length))
    common = 0.3 * rng.standard_normal((n, 1))  # what the positions of a text share
    model = star - shift - common - 0.2 * rng.standard_normal((n, length))
    return star, model, (rng.random((n, length)) < 0.4).astype(float)


def test_the_standard_error_is_that_of_many_test_sets():
    """2,000 sets of 200 texts: the spread is known to 1.6 %; 10 % off is six sigma."""
    rng = np.random.default_rng(0)
    found = [paired_gap(*draws(rng, 200, 8)) for _ in range(2000)]
    spread = np.std([f.gap for f in found])
    assert np.mean([f.gap for f in found]) == pytest.approx(0.1, abs=4 * spread / 44)
    assert np.mean([f.standard_error for f in found]) == pytest.approx(spread, rel=0.1)


def test_positions_are_not_taken_for_independent():
    star, model, weights = draws(np.random.default_rng(1), 400, 50)
    naive = (star - model)[weights > 0].std() / np.sqrt(weights.sum())
    assert paired_gap(star, model, weights).standard_error > 2 * naive


def test_the_noise_of_the_test_set_cancels():
    star, model, weights = draws(np.random.default_rng(2), 400, 8)
    gap = paired_gap(star, model, weights)
    alone = star[weights > 0].std() / np.sqrt(weights.sum())
    assert gap.standard_error < 0.7 * alone
    assert gap.loss == pytest.approx(gap.limit + gap.gap)
    assert gap.relative == gap.gap / gap.limit


def test_with_one_weight_the_error_is_the_textbook_one():
    x = np.random.default_rng(4).standard_normal(50)
    mean, error = weighted_mean(x[:, None], np.full((50, 1), 3.0))
    assert mean == pytest.approx(x.mean(), abs=1e-15)
    assert error == pytest.approx(x.std(ddof=1) / np.sqrt(50), rel=1e-12)


def test_a_value_without_weight_is_not_looked_at():
    values = np.array([[1.0, np.inf], [3.0, np.nan]])
    assert weighted_mean(values, np.array([[1.0, 0.0], [1.0, 0.0]])) == (2.0, 1.0)


def test_what_has_no_weight_may_be_impossible():
    star = np.array([[-1.0, -np.inf], [-1.0, -np.inf]])
    gap = paired_gap(star, star * 2, np.array([[1.0, 0.0], [1.0, 0.0]]))
    assert (gap.limit, gap.gap, gap.standard_error) == (1.0, 1.0, 0.0)


@pytest.mark.parametrize(("errors", "raises"), [(3.9, False), (4.1, True)])
def test_a_model_below_the_limit_by_four_errors_is_a_leak(errors, raises):
    rng = np.random.default_rng(3)
    d = rng.standard_normal((100, 1))
    d = (d - d.mean()) / (d.std(ddof=1) / 10)  # mean 0, standard error 1
    star, ones = np.full((100, 1), -50.0), np.ones((100, 1))
    model = star - (d - errors)
    if raises:
        with pytest.raises(LeakError, match="4 standard errors: it sees its targets"):
            paired_gap(star, model, ones)
    else:
        assert paired_gap(star, model, ones).gap == pytest.approx(-errors)


@pytest.mark.parametrize(
    ("shape", "weight", "words"),
    [
        ((2, 3), 1.0, "same positions"),
        ((1, 2), 1.0, "got 1 texts"),
        ((2, 2), 0.0, "got 2 texts and weights that sum to 0"),
    ],
)
def test_what_has_no_gap_is_refused(shape, weight, words):
    weights = np.full(shape, weight)
    other = np.zeros((2, 2)) if shape == (2, 3) else np.zeros(shape)
    with pytest.raises(ValueError, match=words):
        paired_gap(np.zeros(shape), other, weights)
    with pytest.raises(ValueError, match=words):
        weighted_mean(other, weights)


@pytest.mark.parametrize("name", sorted(set(TASKS) - {"contrastive", "electra"}))
def test_log_probs_are_put_where_their_targets_stand(name):
    """In one piece or by rows, and zero where there is no target."""
    ids = mess3().sample(6, 12, np.random.default_rng(0))
    batch = TASKS[name].corrupt(ids, VOCAB, np.random.default_rng(1))
    objective = build(task(name), SMALL, VOCAB, seed=0)
    whole, pieces = log_probs(objective, batch), log_probs(objective, batch, rows=2)
    np.testing.assert_allclose(whole, pieces, rtol=1e-4, atol=1e-6)
    assert not whole[batch.weights == 0].any() and (whole[batch.weights > 0] < 0).all()
    with torch.no_grad():
        total, _ = next(iter(objective(Tensors.of(batch)).values()))
    assert -(whole * batch.weights).sum() == pytest.approx(float(total), rel=1e-4)


class Oracle(torch.nn.Module):
    """Answers with the exact law: the loss of the limit through the code of a model."""

    def __init__(self, logits):
        super().__init__()
        self.logits = logits

    def terms(self, x):
        nll = torch.nn.functional.cross_entropy(
            self.logits[x.place], x.targets, reduction="none"
        )
        return {"loss": (nll, x.weights)}


def test_the_oracle_pushed_through_the_loss_is_the_limit():
    language, rng = mess3(), np.random.default_rng(4)
    ids = language.sample(50, 16, rng)
    batch = corruptions.masked_lm(ids, VOCAB, rng)
    law = language.leave_one_out(ids, batch.weights > 0)
    oracle = Oracle(torch.from_numpy(np.log(law)).flatten(0, 1))
    star = limits.masked(language, ids, batch)
    gap = paired_gap(star, log_probs(oracle, batch), batch.weights)
    assert abs(gap.gap) < 1e-6


def test_an_oracle_that_has_seen_the_targets_is_caught():
    language, rng = mess3(), np.random.default_rng(4)
    ids = language.sample(50, 16, rng)
    batch = corruptions.masked_lm(ids, VOCAB, rng)
    seen = torch.from_numpy(np.log(np.eye(3)[ids] * 0.9 + 0.1 / 3)).flatten(0, 1)
    star = limits.masked(language, ids, batch)
    with pytest.raises(LeakError, match="the limit on these texts"):
        paired_gap(star, log_probs(Oracle(seen), batch), batch.weights)


def test_nothing_to_attend_to_is_no_excuse():
    """A batch whose rows have no target at all counts as nothing, without nan."""
    ids = np.zeros((2, 4), int)
    batch = Batch(ids, ids, np.zeros((2, 4)), Attention("full"))
    objective = build(task("mlm"), SMALL, VOCAB, seed=0)
    assert not log_probs(objective, batch).any()

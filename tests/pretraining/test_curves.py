"""The batches of a curve are those that were trained on, and limits are means."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mlph_lib.pretraining import live
from mlph_lib.pretraining.curves import best_losses, limit, settled
from mlph_lib.pretraining.languages import mess3
from mlph_lib.pretraining.limits import causal_limit
from mlph_lib.pretraining.tasks import TASKS, task
from mlph_lib.pretraining.training import Recipe
from mlph_lib.pretraining.vocabulary import Vocabulary

RECIPE = Recipe(steps=3, batch_size=8, warmup=1, seed=5)
VOCAB = Vocabulary(3)


@pytest.mark.parametrize("name", ["clm", "mlm", "diffusion", "mtp"])
def test_the_batches_are_those_that_training_sees(name, monkeypatch):
    """A task whose limit notes its texts, trained and then asked for its curve."""
    trained, asked, found = [], [], task(name)

    def corrupt(tokens, vocab, rng):
        batch = found.corrupt(tokens, vocab, rng)
        trained.append(batch)
        return batch

    def best(language, tokens, batch, vocab):
        asked.append(batch)
        return found.best(language, tokens, batch, vocab)

    monkeypatch.setitem(TASKS, name, replace(found, corrupt=corrupt, best=best))
    live.train(name, mess3(), RECIPE, length=8, hidden_size=16, test_texts=8)
    del trained[0], asked[:]  # those of the exam
    best_losses(name, mess3(), RECIPE, [0, 2], length=8)
    assert len(trained) == 5 and len(asked) == 2
    for seen, again in ((trained[0], asked[0]), (trained[2], asked[1])):
        assert np.array_equal(seen.inputs, again.inputs)
        assert np.array_equal(seen.targets, again.targets)


@pytest.mark.parametrize("name", ["clm", "mlm", "diffusion"])
def test_the_best_loss_is_the_weighted_mean(name):
    rng = np.random.default_rng((RECIPE.seed, 1))
    tokens = mess3().sample(8, 8, rng)
    batch = task(name).corrupt(tokens, VOCAB, rng)
    star = task(name).best(mess3(), tokens, batch, VOCAB)
    w = batch.weights
    expected = -(w[w > 0] * star[w > 0]).sum() / w.sum()
    found = best_losses(name, mess3(), RECIPE, [1], length=8)
    assert found == pytest.approx([expected])


def test_a_model_is_above_the_best_on_its_own_batches():
    with torch.random.fork_rng(devices=[]):
        run = live.train("clm", mess3(), replace(RECIPE, batch_size=64), test_texts=64)
    best = best_losses("clm", mess3(), replace(RECIPE, batch_size=64), range(3))
    assert np.all(run.losses > best)


def test_a_limit_is_the_mean_over_the_exam():
    tests = live.exam("clm", mess3(), VOCAB, 1024, 64, 32)
    mean, error = limit(tests)
    assert 0 < error < 0.01  # four of them: 6e-5 to fail, were the seed not fixed
    assert abs(mean - causal_limit(mess3(), 32)) < 4 * error


def test_coupled_batches_are_the_draws():
    tests = live.exam("contrastive", mess3(), VOCAB, 512, 64, 32)
    mean, whole = limit(tests, coupled=True)
    each = np.array([-star.mean() for _, star in tests])
    assert mean == pytest.approx(each.mean())
    assert whole == pytest.approx(each.std(ddof=1) / np.sqrt(8))
    assert limit(tests)[1] != pytest.approx(whole)


def test_settled_looks_at_the_last_gap_that_is_over():
    steps = np.arange(0, 20, 4)
    assert settled(steps, np.array([9.0, 1, 3, 1, 1]), 2) == 12
    assert settled(steps, np.array([9.0, 2, 1, 1, 1]), 2) == 8
    assert settled(steps, np.ones(5), 2) == 0


@pytest.mark.parametrize("last", [2.0, 3.0, np.nan])
def test_what_has_not_settled_is_refused(last):
    with pytest.raises(ValueError, match="train longer"):
        settled(np.arange(3), np.array([3.0, 1.0, last]), 2)


@pytest.mark.parametrize(("steps", "gaps"), [(3, 2), (0, 0)])
def test_a_gap_for_each_step_is_needed(steps, gaps):
    with pytest.raises(ValueError, match="as many gaps as steps"):
        settled(np.arange(steps), np.ones(gaps), 2)


@pytest.mark.parametrize("name", ["electra", "span-boundary"])
def test_a_loss_that_is_more_than_its_limit_has_no_curve(name):
    with pytest.raises(ValueError, match="whole loss has an exact limit"):
        best_losses(name, mess3(), RECIPE, [0])

"""From a name to a gap: what trains comes near its limit, what leaks is caught."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mlph_lib.pretraining import corruptions, live
from mlph_lib.pretraining.evaluation import LeakError
from mlph_lib.pretraining.languages import mess3, random_hierarchy, topic_stage
from mlph_lib.pretraining.tasks import TASKS
from mlph_lib.pretraining.training import Recipe

SHORT = Recipe(steps=80, batch_size=32, warmup=10)
SMALL = {"length": 16, "hidden_size": 32, "num_hidden_layers": 1, "test_texts": 256}


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("name", "bar"),
    [("clm", 0.02), ("mtp", 0.02), ("prefix", 0.02), ("plm", 0.06), ("rtd", 0.15)],
)
def test_a_small_network_comes_near_the_limit(name, bar):
    """Half a bar is what two seeds reach; the run is deterministic."""
    run = live.train(name, mess3(), replace(SHORT, steps=240), **SMALL)
    assert 0 < run.gap.relative < bar
    assert len(run.losses) == 240 and run.seconds > 0


def test_a_model_that_sees_its_targets_is_caught(monkeypatch):
    """The failing twin: next-token targets behind a mask that hides nothing."""

    def leaky(tokens, vocab, rng):
        batch = corruptions.causal_lm(tokens, vocab)
        return replace(batch, attention=replace(batch.attention, kind="full"))

    monkeypatch.setitem(TASKS, "leaky", replace(TASKS["clm"], corrupt=leaky))
    with pytest.raises(LeakError, match="it sees its targets"):
        live.train("leaky", mess3(), SHORT, **SMALL)


def test_the_learned_generator_trains_without_a_limit():
    run = live.train("electra", mess3(), replace(SHORT, steps=12), **SMALL)
    assert run.gap is None and np.isfinite(run.losses).all()


@pytest.mark.parametrize("language", [topic_stage(), random_hierarchy(4, 2, 2, 4, 0)])
def test_other_languages_train_too(language):
    run = live.train("clm", language, replace(SHORT, steps=12), **SMALL)
    assert run.vocab.words == language.words and run.gap.gap > 0


def test_a_batch_of_contrasts_is_one_draw():
    """Its error is that of 8 batches, not of 256 texts that share their negatives."""
    run = live.train("contrastive", mess3(), replace(SHORT, steps=12), **SMALL)
    assert run.gap.limit < np.log(32) and run.gap.gap > 0


def test_batches_of_different_widths_are_filled_up_with_nothing():
    parts = (np.ones((2, 3)), np.ones((1, 2)))
    assert live._under(parts).tolist() == [[1, 1, 1], [1, 1, 1], [1, 1, 0]]


def test_a_checkpoint_is_gone_on_from(tmp_path):
    recipe, path = replace(SHORT, steps=12), tmp_path / "run.pt"
    first = live.train("clm", mess3(), recipe, checkpoint=path, **SMALL)
    again = live.train("clm", mess3(), recipe, checkpoint=path, **SMALL)
    assert np.array_equal(first.losses, again.losses) and first.gap == again.gap


def test_the_books_nine_have_limits():
    assert len(set(live.LIVE_TASKS)) == 9
    assert all(TASKS[name].best is not None for name in live.LIVE_TASKS)

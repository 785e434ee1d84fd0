"""Training: exact resume, all or nothing on disk, the schedule, what is refused."""

import numpy as np
import pytest
import torch

from mlph_lib.pretraining import corruptions
from mlph_lib.pretraining.languages import mess3
from mlph_lib.pretraining.live import build, texts
from mlph_lib.pretraining.network import TransformerConfig
from mlph_lib.pretraining.tasks import task
from mlph_lib.pretraining.training import Recipe, Trainer, learning_rate
from mlph_lib.pretraining.vocabulary import Vocabulary

VOCAB = Vocabulary(3)
SMALL = TransformerConfig(VOCAB.size, 16, 1, 2)
QUICK = Recipe(steps=6, batch_size=4, warmup=2)


def trainer(name="mlm40", recipe=QUICK, sizes=SMALL):
    found = task(name)
    objective = build(found, sizes, VOCAB, recipe.seed)
    return Trainer(objective, texts(found, mess3(), VOCAB, 8), recipe)


def weights(t):
    return torch.cat([p.detach().flatten() for p in t.objective.parameters()])


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Stop(Exception):
    pass


def stop_at(step):
    def report(t):
        if t.step == step:
            raise Stop

    return report


@pytest.mark.parametrize("name", ["mlm40", "electra", "plm"])
@pytest.mark.parametrize("step", [2, 3, 5])
def test_a_run_that_was_stopped_ends_in_the_same_bits(tmp_path, name, step):
    """Stopped after a checkpoint or between two, it goes on from the last one."""
    whole, first, second = trainer(name), trainer(name), trainer(name)
    whole.run()
    path = tmp_path / "of" / "runs" / "checkpoint.pt"
    with pytest.raises(Stop):
        first.run(path, every=2, report=stop_at(step))
    second.run(path, every=2)
    assert first.step == step and second.losses == whole.losses
    assert torch.equal(weights(whole), weights(second))


def test_a_finished_run_does_nothing_more(tmp_path):
    path = tmp_path / "checkpoint.pt"
    losses = trainer().run(path)
    again = trainer()
    assert again.run(path, report=stop_at(6)) == losses and again.step == 6


def test_seeds_decide():
    a, b = trainer(), trainer()
    c = trainer(recipe=Recipe(steps=6, batch_size=4, warmup=2, seed=1))
    losses = [t.run() for t in (a, b, c)]
    assert losses[0] == losses[1] != losses[2]


def test_building_a_model_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    trainer()
    assert torch.equal(before, torch.get_rng_state())


def test_the_loss_falls():
    recipe = Recipe(steps=60, batch_size=32, warmup=10, lr=1e-2)
    losses = trainer("clm", recipe).run()
    assert np.mean(losses[-5:]) < 1.2 < 2.5 < losses[0]


def test_no_text_comes_twice():
    seen = set()
    t = trainer("clm")
    for t.step in range(5):
        seen.add(t.batch().targets.numpy().tobytes())
    assert len(seen) == 5


def test_the_learning_rate_rises_and_falls():
    recipe = Recipe(steps=100, warmup=20, lr=0.5)
    rates = [learning_rate(i, recipe) for i in range(100)]
    assert np.argmax(rates) in (19, 20) and max(rates) == 0.5
    assert np.all(np.diff(rates[:20]) > 0) and np.all(np.diff(rates[20:]) < 0)
    assert 0 < rates[-1] < 0.001
    assert learning_rate(0, Recipe(warmup=0, lr=1.0)) == 1.0


def test_the_step_uses_the_schedule():
    t = trainer()
    t.advance()
    assert t.optimizer.param_groups[0]["lr"] == learning_rate(0, QUICK)


def test_gradients_are_clipped():
    t = trainer()
    t.objective.coefficients = {"loss": 1e6}
    t.advance()
    norm = torch.stack([p.grad.norm() for p in t.objective.parameters()]).norm()
    assert norm == pytest.approx(1.0, rel=1e-4)


def test_an_interrupted_write_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "checkpoint.pt"
    t = trainer()
    t.advance()
    t.save(path)

    def half(state, file):
        file.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(torch, "save", half)
    with pytest.raises(OSError, match="disk full"):
        t.save(path)
    again = trainer()
    again.load(path)
    assert again.step == 1


def test_another_recipe_is_refused(tmp_path):
    path = tmp_path / "checkpoint.pt"
    trainer().run(path)
    other = trainer(recipe=Recipe(steps=7, batch_size=4, warmup=2))
    with pytest.raises(ValueError, match="another recipe.*'steps': 6.*'steps': 7"):
        other.run(path)


def test_another_model_is_refused(tmp_path):
    path = tmp_path / "checkpoint.pt"
    trainer().run(path)
    wider = TransformerConfig(VOCAB.size, 32, 1, 2)
    with pytest.raises(ValueError, match="holds another model"):
        trainer(sizes=wider).run(path)


def test_what_is_no_checkpoint_is_refused(tmp_path):
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(b"not a checkpoint")
    with pytest.raises(ValueError, match="no readable checkpoint.*delete it"):
        trainer().run(path)


def test_a_loss_that_is_no_number_stops_the_run():
    t = trainer()
    with torch.no_grad():
        t.objective.head.weight.fill_(torch.nan)
    with pytest.raises(FloatingPointError, match="nan at step 0.*a lower lr"):
        t.run()


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"steps": 0}, "must be positive"),
        ({"batch_size": -1}, "must be positive"),
        ({"lr": 0.0}, "must be positive"),
        ({"warmup": 300}, "shorter than the 300 steps, got 300"),
        ({"warmup": -1}, "got -1"),
    ],
)
def test_recipes_that_make_no_sense_are_refused(numbers, words):
    with pytest.raises(ValueError, match=words):
        Recipe(**numbers)


def test_texts_are_changed_as_the_task_says():
    data = texts(task("clm"), mess3(), VOCAB, 8)
    batch = data(3, np.random.default_rng(0))
    expected = mess3().sample(3, 8, np.random.default_rng(0))
    assert np.array_equal(batch.inputs, corruptions.causal_lm(expected, VOCAB).inputs)

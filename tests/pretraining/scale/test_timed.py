"""Batches made ahead are the trainer's own; time and operations are counted."""

from dataclasses import fields

import pytest
import torch

from mlph_lib.pretraining.cost import flops, work
from mlph_lib.pretraining.live import build
from mlph_lib.pretraining.network import TransformerConfig
from mlph_lib.pretraining.scale import (
    Ahead,
    Source,
    TimedTrainer,
    process_pool,
)
from mlph_lib.pretraining.shapes import Shape
from mlph_lib.pretraining.tasks import task
from mlph_lib.pretraining.training import Recipe, Trainer

torch.set_num_threads(1)
RECIPE = Recipe(steps=5, batch_size=4, warmup=1)


def objective(source):
    sizes = TransformerConfig(source.vocab.size, 16, 1, 2)
    return build(task(source.task), sizes, source.vocab, 0)


@pytest.fixture(scope="module")
def pool():
    with process_pool(1) as made:
        yield made


@pytest.mark.parametrize("name", ["plm", "electra", "t5", "span-boundary", "nsp"])
def test_other_processes_make_the_same_batches(pool, name):
    source = Source(name, "mess3", 16)
    plain = Trainer(objective(source), source.data(), RECIPE)
    ahead = Ahead(source, RECIPE, pool, depth=2)
    for step in range(RECIPE.steps):
        plain.step = step
        expected, got = plain.batch(), ahead.batch(step)
        for field in fields(got):
            a, b = getattr(expected, field.name), getattr(got, field.name)
            assert (a is None) == (b is None) and (a is None or torch.equal(a, b))
    assert not ahead.pending and ahead.waited > 0


def test_a_timed_training_is_the_plain_one_and_goes_on_with_its_counts(tmp_path):
    source, path = Source("mlm40", "mess3", 8), tmp_path / "c.pt"
    plain = Trainer(objective(source), source.data(), RECIPE)
    timed = TimedTrainer(objective(source), source, RECIPE)
    assert timed.run(path, every=3) == plain.run()
    assert 0 < timed.extra["waiting"] < timed.extra["seconds"]
    again = TimedTrainer(objective(source), source, RECIPE)
    again.load(path)
    assert again.extra == timed.extra and again.step == RECIPE.steps


def test_operations_are_those_of_the_formula():
    source = Source("clm", "mess3", 8)  # batches of one shape
    timed = TimedTrainer(objective(source), source, RECIPE)
    x = timed.ahead.batch(0)
    timed.run()
    one = flops(work(timed.objective, Shape.of(x)))
    assert timed.extra["flops"] == RECIPE.steps * one


def test_no_workers_no_pool():
    assert process_pool(0) is None

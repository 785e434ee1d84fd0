"""Gradients of small batches add up to that of the large one."""

import numpy as np
import pytest
import torch

from mlph_lib.pretraining.live import build
from mlph_lib.pretraining.losses import mean_loss
from mlph_lib.pretraining.network import TransformerConfig
from mlph_lib.pretraining.scale import Source, group_gradients
from mlph_lib.pretraining.scale.gradients import gradient, mean_counts
from mlph_lib.pretraining.tasks import task
from mlph_lib.pretraining.tensors import Tensors, part

torch.set_num_threads(1)


def objective_and_batches(name, pieces=6, each=2):
    source = Source(name, "mess3", 16)
    objective = build(task(name), TransformerConfig(source.vocab.size, 16, 1, 2),
                      source.vocab, 0)
    rng = np.random.default_rng(3)
    whole = source.data()(pieces * each, rng)
    noise = rng.random(whole.weights.shape[:2])
    cut = [slice(i, i + each) for i in range(0, pieces * each, each)]
    batches = [Tensors.of(part(whole, rows), noise[rows]) for rows in cut]
    return objective, batches, Tensors.of(whole, noise)


@pytest.mark.parametrize("name", ["clm", "mlm", "prefix", "electra", "span-boundary"])
def test_small_batches_make_up_the_large_one(name):
    objective, batches, whole = objective_and_batches(name)
    mean_loss(objective(whole), objective.coefficients).backward()
    large = torch.cat([p.grad.flatten() for p in objective.parameters()])
    counts = mean_counts(objective, batches)
    small = [gradient(objective, x, counts) for x in batches]
    assert torch.allclose(torch.stack(small).mean(0), large, rtol=1e-4, atol=1e-5)


def test_groups_are_what_they_say():
    objective, batches, _ = objective_and_batches("mlm40")
    squares, gram = group_gradients(objective, batches, 3)
    counts = mean_counts(objective, batches)
    g = torch.stack([gradient(objective, x, counts) for x in batches]).double()
    means = g.view(3, 2, -1).mean(1)
    assert np.allclose(squares, g.square().sum(1).view(3, 2).mean(1), rtol=1e-6)
    assert np.allclose(gram, means @ means.T, rtol=1e-5, atol=1e-9)
    assert all(p.grad is None for p in objective.parameters())


def test_groups_must_share_alike():
    objective, batches, _ = objective_and_batches("clm")
    with pytest.raises(ValueError, match="4 groups cannot share 6 batches"):
        group_gradients(objective, batches, 4)

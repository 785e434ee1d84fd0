"""Depth: the meter, and formulas that were derived without it."""

import numpy as np
import pytest
import torch

from mlph_lib.pretraining.depth import (
    decoder_depth,
    encoder_decoder_depth,
    sequential_depth,
)
from mlph_lib.pretraining.live import build
from mlph_lib.pretraining.losses import mean_loss
from mlph_lib.pretraining.network import TransformerConfig
from mlph_lib.pretraining.tasks import TASKS, task
from mlph_lib.pretraining.tensors import Tensors
from mlph_lib.pretraining.vocabulary import Vocabulary

VOCAB = Vocabulary(3)
ONE_STACK = [
    "clm", "mlm", "bert", "whole-word", "nsp", "sop", "rtd", "prefix", "fim", "plm",
    "plm-partial", "mtp", "diffusion",
]


def depth(name, layers):
    ids = np.random.default_rng(0).integers(0, 3, (2, 12))
    batch = TASKS[name].corrupt(ids, VOCAB, np.random.default_rng(5))
    noise = np.full(batch.weights.shape[:2], 0.5)
    sizes = TransformerConfig(VOCAB.size, 16, layers, 2)
    objective, x = build(task(name), sizes, VOCAB, 0), Tensors.of(batch, noise)
    return sequential_depth(lambda: mean_loss(objective(x), objective.coefficients))


@pytest.mark.parametrize("layers", [1, 4])
@pytest.mark.parametrize("name", ONE_STACK)
def test_a_stack_is_5_l_plus_1(name, layers):
    """The two streams of permutation run side by side: not one step deeper."""
    assert depth(name, layers) == (5 * layers + 1, 2 * (5 * layers + 1))
    assert decoder_depth(layers) == 5 * layers + 1


@pytest.mark.parametrize("layers", [1, 2, 4])
@pytest.mark.parametrize("name", ["t5", "bart", "ul2"])
def test_encoder_and_decoder_are_13_l_minus_2(name, layers):
    forward, both = depth(name, layers)
    assert forward == encoder_decoder_depth(layers) == 13 * layers - 2
    assert both == 2 * forward


@pytest.mark.parametrize("layers", [1, 4])
@pytest.mark.parametrize(
    ("name", "more"), [("span-boundary", 2), ("mtp-blocks", 5), ("contrastive", 1)]
)
def test_heads_add_their_own(name, more, layers):
    """Two maps of the boundary head, one block side by side, the critic's map."""
    forward = 5 * layers + 1 + more
    assert depth(name, layers) == (forward, 2 * forward)


def test_the_generator_delays_the_discriminator_but_not_its_backward_pass():
    assert depth("electra", 4) == (42, 63)


def test_the_meter_sees_chains_and_not_counts():
    w = torch.eye(3, requires_grad=True)

    def side_by_side():
        return ((w @ w) + (w @ w) + (w @ w)).sum()

    assert sequential_depth(side_by_side) == (1, 2)
    assert sequential_depth(lambda: (w @ (w @ (w @ w))).sum()) == (3, 6)


def test_depth_goes_through_views_and_what_is_written_in_place():
    w = torch.eye(4, requires_grad=True)

    def run():
        out = torch.zeros(4, 4)
        out[:2] = (w @ w)[:2]
        return (out.T.reshape(2, 8)[:, :4] @ w).sum()

    assert sequential_depth(run)[0] == 2

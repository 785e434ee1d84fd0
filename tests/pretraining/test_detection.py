"""ELECTRA's step: what is sampled, what is asked, and which way gradients run."""

import numpy as np
import pytest
import torch

from mlph_lib.pretraining import corruptions
from mlph_lib.pretraining.detection import LearnedDetection, quantile_sample
from mlph_lib.pretraining.live import build
from mlph_lib.pretraining.losses import binary_nll, mean_loss
from mlph_lib.pretraining.network import TransformerConfig
from mlph_lib.pretraining.tasks import task
from mlph_lib.pretraining.tensors import Tensors
from mlph_lib.pretraining.vocabulary import Vocabulary

VOCAB = Vocabulary(3)
SMALL = TransformerConfig(VOCAB.size, 32, 1, 4)
IDS = np.random.default_rng(0).integers(0, 3, (4, 12))


@pytest.fixture
def batch():
    return corruptions.masked_lm(IDS, VOCAB, np.random.default_rng(1), rate=0.4)


@pytest.fixture
def objective():
    return build(task("electra"), SMALL, VOCAB, seed=0)


def tensors(batch, noise=None):
    if noise is None:
        noise = np.random.default_rng(2).random(batch.weights.shape)
    return Tensors.of(batch, noise)


def test_one_uniform_number_gives_the_law():
    """chi2(2) of 30,000 midpoints: no draw, so nothing to fail by chance."""
    law = torch.tensor([0.2, 0.5, 0.3])
    u = (torch.arange(30_000) + 0.5) / 30_000
    sample = quantile_sample(law.log().expand(30_000, 3), u)
    counts = torch.bincount(sample, minlength=3)
    assert counts.tolist() == [6000, 15000, 9000]


def test_rounding_never_gives_an_id_too_many():
    u = torch.full((1000,), 1 - 2.0**-24)
    assert quantile_sample(torch.randn(1000, 50), u).max() <= 49


def test_the_generator_is_a_quarter_as_wide(objective):
    assert objective.generator.config.hidden_size == 8
    assert len(objective.generator.blocks) == len(objective.net.blocks)
    assert objective.coefficients == {"loss": 50.0, "generator": 1.0}


def test_the_loss_is_that_of_the_batch_that_shows_the_generators_text(objective, batch):
    x, shown = tensors(batch), []
    hook = objective.net.register_forward_hook(lambda m, args, out: shown.append(args))
    sums = objective(x)
    hook.remove()
    corrupted = shown[0][0].numpy()
    same = corrupted == IDS
    assert same[batch.weights == 0].all() and 0 < same[batch.weights > 0].sum()
    expected = corruptions.detection(IDS, corrupted, VOCAB)
    logits = objective.head(objective.net(*shown[0])).squeeze(-1)
    nll = binary_nll(logits, torch.from_numpy(expected.targets))
    torch.testing.assert_close(sums["loss"].total, nll.sum())
    assert sums["loss"].count == expected.weights.sum() == 48
    assert sums["generator"].count == batch.weights.sum()


def test_special_tokens_are_not_asked_about(objective):
    ids = np.insert(IDS, 0, VOCAB.cls, axis=1)
    batch = corruptions.masked_lm(ids, VOCAB, np.random.default_rng(1), rate=0.4)
    assert objective(tensors(batch))["loss"].count == 48


def test_the_discriminator_teaches_the_generator_nothing(objective, batch):
    sums = objective(tensors(batch))
    mean_loss({"loss": sums["loss"]}, {"loss": 1.0}).backward()
    assert all(p.grad is None for p in objective.generator.parameters())
    assert all(p.grad is not None for p in objective.net.parameters())


def test_the_noise_decides_the_sample(objective, batch):
    low, high = (tensors(batch, np.full(batch.weights.shape, u)) for u in (0.0, 0.999))
    losses = [objective(x)["loss"].total.item() for x in (low, high, low)]
    assert losses[0] == losses[2] != losses[1]


def test_no_noise_is_refused(objective, batch):
    with pytest.raises(ValueError, match="give it one uniform number a target"):
        objective(Tensors.of(batch))


def test_only_words_are_written():
    objective = build(task("electra"), SMALL, VOCAB, seed=0)
    assert isinstance(objective, LearnedDetection)
    assert objective.generator_head.out_features == VOCAB.words

"""Objectives: no logit knows its answer, every parameter learns, heads as defined."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from mlph_lib.pretraining.attention import Attention
from mlph_lib.pretraining.batch import Batch
from mlph_lib.pretraining.languages import mess3
from mlph_lib.pretraining.live import build
from mlph_lib.pretraining.losses import mean_loss
from mlph_lib.pretraining.network import TransformerConfig
from mlph_lib.pretraining.objectives import TokenObjective
from mlph_lib.pretraining.tasks import TASKS, task
from mlph_lib.pretraining.tensors import Tensors
from mlph_lib.pretraining.vocabulary import Vocabulary

VOCAB = Vocabulary(3)
SMALL = TransformerConfig(VOCAB.size, 16, 2, 2)
T = 12
HIDES = [  # objectives whose every answer is out of sight
    "clm", "mlm", "mlm40", "whole-word", "span-boundary", "prefix", "t5", "ul2",
    "fim", "plm", "plm-partial", "mtp", "mtp-blocks", "diffusion",
]
SHOWS = ["bert", "rtd", "bart"]  # a target's token, or what it became, is in sight


def made(name, ids, seed=5):
    return TASKS[name].corrupt(ids, VOCAB, np.random.default_rng(seed))


def tensors(batch):
    noise = np.random.default_rng(7).random(batch.weights.shape[:2])
    return Tensors.of(batch, noise)


def loss_of_answers(objective, batch):
    """The loss of answer 0 and of answer 1 at every place, shape (n * U, ..., 2)."""
    x = tensors(batch)
    out = np.zeros((batch.weights[..., None].repeat(2, -1)).shape)
    flat = out.reshape(-1, *out.shape[2:])
    for answer in (0, 1):
        asked = replace(x, targets=torch.full_like(x.targets, answer))
        with torch.no_grad():
            flat[x.place, ..., answer] = next(iter(objective.terms(asked).values()))[0]
    return out


def moves(name, j, objective=None, corrupt=made):
    """(moved, asks for j): at every target, whether its logits change with token j."""
    objective = objective or build(task(name), SMALL, VOCAB, seed=0)
    ids = np.random.default_rng(1).integers(0, 3, (1, T))
    other = ids.copy()
    other[0, j] = (ids[0, j] + 1) % 3
    one, two = corrupt(name, ids), corrupt(name, other)
    assert np.array_equal(one.weights, two.weights)
    change = loss_of_answers(objective, one) != loss_of_answers(objective, two)
    moved = change.any(-1) & (one.weights > 0)
    return moved, (one.targets != two.targets) & (one.weights > 0)


@pytest.mark.parametrize("name", HIDES)
def test_no_logit_knows_the_token_it_is_asked_for(name):
    asked = 0
    for j in range(T):
        moved, asks = moves(name, j)
        assert not np.any(moved & asks)
        asked += asks.sum()
    assert asked > 0


@pytest.mark.parametrize("name", ["clm", "mtp", "mtp-blocks"])
def test_from_left_to_right_exactly_what_comes_after_moves(name):
    has = made(name, np.zeros((1, T), int)).weights[0] > 0  # (T,) or (T, k)
    for j in range(T):
        moved, _ = moves(name, j)
        after = (np.arange(T) > j).reshape(T, *[1] * (has.ndim - 1))
        assert np.array_equal(moved[0], after & has)


@pytest.mark.parametrize("name", ["mlm", "mlm40", "whole-word", "diffusion"])
def test_masked_targets_move_with_every_token_in_sight(name):
    masked = made(name, np.zeros((1, T), int)).weights[0] > 0
    for j in range(T):
        moved, _ = moves(name, j)
        assert np.array_equal(moved[0], masked & ~masked[j])


@pytest.mark.parametrize("name", ["plm", "plm-partial"])
def test_two_streams_see_their_context_and_what_came_before(name):
    batch = made(name, np.zeros((1, T), int))
    query, asked = batch.query.mask(T + 1)[0], batch.weights[0] > 0
    for j in range(T):
        moved, _ = moves(name, j)
        assert np.array_equal(moved[0], asked & query[:, j + 1])


def test_a_prefix_sees_itself_and_is_seen():
    batch = made("prefix", np.zeros((1, T), int))
    suffix = batch.weights[0] > 0
    for j in range(T):
        moved, _ = moves("prefix", j)
        assert np.array_equal(moved[0], suffix & (np.arange(T) > j))


@pytest.mark.parametrize("name", ["t5", "ul2"])
def test_a_visible_token_moves_all_targets_and_a_hidden_one_later_ones(name):
    visible = 0
    for j in range(T):
        moved, asks = moves(name, j)
        if asks.any():
            later = np.arange(moved.shape[1]) > np.flatnonzero(asks[0])[0]
            assert np.array_equal(moved[0], later)
        else:
            visible += 1
            assert moved[0].all()
    assert 0 < visible < T


def test_denoising_also_writes_what_it_sees():
    ids = np.zeros((1, T), int)
    all_of_it = [moves("bart", j)[0][0].all() for j in range(T)]
    shown = (made("bart", ids).source.inputs < VOCAB.words).sum()
    assert sum(all_of_it) == shown < T
    for j in np.flatnonzero(~np.array(all_of_it)):
        assert np.array_equal(moves("bart", j)[0][0], np.arange(T) > j)


def test_the_middle_comes_after_what_is_moved_in_front():
    for j in range(T):
        moved, asks = moves("fim", j)
        place = np.flatnonzero(asks[0])
        assert len(place) == 1
        assert np.array_equal(moved[0], np.arange(T + 3) > place[0])


@pytest.mark.parametrize("name", SHOWS)
def test_where_the_answer_is_in_sight_its_logit_moves(name):
    kept = partial(made, seed=12)  # a draw in which 80/10/10 keeps a token
    assert any(moves(name, j, corrupt=kept)[0][0, j] for j in range(T))


def test_a_batch_that_is_not_shifted_is_caught():
    """The failing twin: inputs that are the targets, under a causal mask."""

    def unshifted(name, ids):
        return Batch(ids, ids, np.ones(ids.shape), Attention("causal"))

    moved, asks = moves("clm", 4, corrupt=unshifted)
    assert np.any(moved & asks)


@pytest.mark.parametrize("name", TASKS)
def test_every_parameter_gets_a_gradient(name):
    objective = build(task(name), SMALL, VOCAB, seed=0)
    ids = mess3().sample(4, T, np.random.default_rng(0))
    x = tensors(made(name, ids))
    sums = objective(x)
    loss = mean_loss(sums, objective.coefficients)
    loss.backward()
    assert torch.isfinite(loss)
    without = [n for n, p in objective.named_parameters() if p.grad is None]
    assert not without


def test_a_batch_without_targets_has_the_loss_0_and_no_gradient():
    objective = build(task("mlm"), SMALL, VOCAB, seed=0)
    ids = np.zeros((2, T), int)
    x = Tensors.of(Batch(ids, ids, np.zeros((2, T)), Attention("full")))
    loss = mean_loss(objective(x), objective.coefficients)
    loss.backward()
    assert loss == 0
    assert all(p.grad is None or not p.grad.any() for p in objective.parameters())


def test_heads_of_several_tokens_are_blocks_under_one_softmax():
    trunk, linear, blocks = (
        sum(p.numel() for p in build(task(name), SMALL, VOCAB, 0).parameters())
        for name in ("clm", "mtp", "mtp-blocks")
    )
    d, v = SMALL.hidden_size, VOCAB.size
    assert linear - trunk == 3 * d * v
    assert blocks - trunk == 3 * (12 * d**2 + 3 * d)  # two norms in a block, one behind


def test_the_boundary_head_reads_two_neighbours_and_a_place():
    objective = build(task("span-boundary"), SMALL, VOCAB, seed=0)
    x = tensors(made("span-boundary", np.zeros((3, T), int)))

    def beside(x):
        with torch.no_grad():
            return objective.terms(x)["boundary"][0]

    changed = beside(replace(x, offset=(x.offset + 1) % 10))
    assert (beside(x) != changed).all()
    elsewhere = beside(replace(x, left=x.left * 0))
    assert torch.equal(beside(x) != elsewhere, x.left != 0)


def test_a_contrastive_loss_is_the_softmax_over_the_batch():
    objective = build(task("contrastive"), SMALL, VOCAB, seed=0)
    ids = mess3().sample(6, T, np.random.default_rng(0))
    x = Tensors.of(made("contrastive", ids))
    a = objective.pooled(x.ids, x.mask, x.words)
    b = objective.pooled(x.source, x.source_mask, x.source_words)
    scores = (a @ objective.critic.weight.T @ b.T).double()
    expected = scores.logsumexp(1) - scores.diagonal()
    nll, _ = objective.terms(x)["loss"]
    torch.testing.assert_close(nll.double(), expected, rtol=1e-5, atol=1e-6)


def test_an_objective_wraps_any_network():
    """Here one without attention: it knows how many ids there are and no more."""

    class Bag(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.config, self.tokens = SMALL, torch.nn.Embedding(VOCAB.size, 16)

        def forward(self, ids, mask, types=None):
            return self.tokens(ids)

    x = tensors(made("clm", np.zeros((2, T), int)))
    total, count = TokenObjective(Bag())(x)["loss"]
    assert torch.isfinite(total) and count == 2 * T

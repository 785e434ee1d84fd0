"""Batches as tensors: what is kept, where it stands, what a process takes of it."""

import numpy as np
import pytest
import torch

from mlph_lib.pretraining import corruptions
from mlph_lib.pretraining.attention import Attention
from mlph_lib.pretraining.batch import Batch, Source
from mlph_lib.pretraining.tasks import TASKS
from mlph_lib.pretraining.tensors import Tensors, part
from mlph_lib.pretraining.vocabulary import Vocabulary

VOCAB = Vocabulary(3)
IDS = np.random.default_rng(0).integers(0, 3, (4, 12))


def batch_of(name, n=4):
    ids = np.random.default_rng(0).integers(0, 3, (n, 12))
    return TASKS[name].corrupt(ids, VOCAB, np.random.default_rng(1))


@pytest.mark.parametrize("name", TASKS)
def test_kept_targets_can_be_put_back(name):
    batch = batch_of(name)
    x = Tensors.of(batch)
    back = np.zeros(batch.weights.shape)
    back.reshape(-1, *batch.weights.shape[2:])[x.place] = x.weights
    np.testing.assert_allclose(back, batch.weights, rtol=1e-6)
    targets = batch.targets.reshape(-1, *batch.targets.shape[2:])[x.place]
    assert np.array_equal(x.targets, targets)


def test_without_a_query_stream_targets_are_read_at_their_own_position():
    batch = batch_of("mlm40")
    x = Tensors.of(batch)
    assert (x.ids.flatten()[x.keep] == VOCAB.mask).all()
    assert len(x.keep) == batch.weights.sum() < batch.weights.size


def test_one_target_a_row_is_read_at_the_first_position():
    x = Tensors.of(batch_of("nsp"))
    assert (x.ids.flatten()[x.keep] == VOCAB.cls).all() and len(x.keep) == 4


def test_a_query_stream_holds_the_rows_that_are_asked():
    batch = corruptions.permutation_lm(IDS, VOCAB, np.random.default_rng(2), share=0.5)
    x = Tensors.of(batch)
    assert x.queries.shape == (4, 6) and x.query_mask.shape == (4, 6, 13)
    asked = np.stack([np.flatnonzero(row) for row in batch.weights])
    assert np.array_equal(x.queries, asked)
    assert np.array_equal(x.queries.flatten()[x.keep], asked.ravel())
    for row in range(4):
        expected = batch.query.mask(13)[row][asked[row]]
        assert np.array_equal(x.query_mask[row], expected)


def test_rows_with_fewer_queries_ask_what_nobody_reads():
    weights = np.array([[1.0, 0, 1.0], [0, 1.0, 0]])
    ids, query = IDS[:2, :3], Attention("explicit", allowed=np.eye(3, dtype=bool)[None])
    x = Tensors.of(Batch(ids, ids, weights, Attention("full"), query=query))
    assert x.queries[0].tolist() == [0, 2] and x.queries[1, 0] == 1
    assert x.keep.tolist() == [0, 1, 2] and x.place.tolist() == [0, 2, 4]


def test_padding_is_hidden_from_attention_and_from_means():
    seen = np.array([[True, True, False]])
    source = Source(IDS[:1, :3], Attention("full", keys=seen))
    ids = IDS[:1, :5]
    x = Tensors.of(Batch(ids, ids, np.ones((1, 5)), Attention("causal"), source))
    assert x.source_words.tolist() == [[1, 1, 0]]
    assert not x.source_mask[..., 2].any() and not x.cross_mask[..., 2].any()
    assert x.cross_mask.shape == (1, 5, 3) and x.cross_mask[..., :2].all()


@pytest.mark.parametrize("name", TASKS)
def test_parts_are_the_rows_of_the_whole(name):
    batch = batch_of(name)
    whole, half = Tensors.of(batch), Tensors.of(part(batch, slice(2, 4)))
    assert torch.equal(half.ids, whole.ids[2:])
    assert torch.equal(half.mask.expand(2, -1, -1), whole.mask.expand(4, -1, -1)[2:])
    if whole.source is not None:
        assert torch.equal(half.source, whole.source[2:])
    tail = whole.place >= 2 * batch.weights.shape[1]
    assert torch.equal(half.targets, whole.targets[tail])
    if whole.left is not None:
        tail = whole.left >= 2 * batch.inputs.shape[1]
        assert torch.equal(half.left, whole.left[tail] - 2 * batch.inputs.shape[1])


def test_noise_follows_its_targets():
    batch = batch_of("electra")
    noise = np.random.default_rng(3).random(batch.weights.shape)
    x = Tensors.of(batch, noise)
    np.testing.assert_allclose(x.noise, noise[batch.weights > 0], rtol=1e-6)


@pytest.mark.parametrize(
    ("targets", "weights", "words"),
    [
        (IDS, np.ones((4, 11)), "must share a shape"),
        (IDS[:3], np.ones((3, 12)), "must share a shape"),
        (np.zeros((4, 13), int), np.ones((4, 13)), "U <= T"),
        (IDS, np.full((4, 12), -1.0), "must not be negative, got -1"),
    ],
)
def test_shapes_that_do_not_belong_together_are_refused(targets, weights, words):
    with pytest.raises(ValueError, match=words):
        Tensors.of(Batch(IDS, targets, weights, Attention("full")))

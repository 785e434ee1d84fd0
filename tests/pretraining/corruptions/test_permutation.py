"""Permutation LM: the order, the two streams, and what a first query may see."""

import numpy as np
import pytest

from mlph_lib.goodness import dkw_test_ids
from mlph_lib.pretraining import corruptions


def test_every_pair_of_targets_is_seen_one_way(texts, vocab, rng):
    batch = corruptions.permutation_lm(texts, vocab, rng)
    query, content = batch.query.mask(33), batch.attention.mask(33)
    itself = np.eye(33, dtype=bool)
    pairs = query[:, 1:, 1:]
    assert np.array_equal(
        pairs ^ pairs.transpose(0, 2, 1), ~itself[1:, 1:] | np.zeros_like(pairs)
    )
    assert np.array_equal(content[:, 1:], query[:, 1:] | itself[1:])
    assert not (query & itself)[:, 1:].any()  # a query never sees its own token
    assert query[:, :, 0].all() and content[:, :, 0].all()  # BOS, seen by all
    assert np.array_equal(batch.weights, np.tile(np.arange(33) > 0, (200, 1)))
    assert np.array_equal(batch.inputs[:, 1:], texts)
    assert np.array_equal(batch.targets, batch.inputs)


def test_the_order_is_a_chain(texts, vocab, rng):
    batch = corruptions.permutation_lm(texts, vocab, rng)
    seen = batch.query.mask(33)[:, 1:].sum(axis=2)  # BOS and 0, 1, ..., 31 others
    assert np.array_equal(np.sort(seen, axis=1), np.tile(np.arange(1, 33), (200, 1)))


def test_orders_are_uniform(vocab, rng):
    # False-fail rate 1e-9; at n = 20,000 an order's probability off by 0.092 is seen.
    batch = corruptions.permutation_lm(np.zeros((20_000, 3), dtype=int), vocab, rng)
    rank = batch.query.mask(4)[:, 1:].sum(axis=2) - 1
    codes = np.unique(rank @ [9, 3, 1], return_inverse=True)[1]
    assert codes.max() == 5
    assert (result := dkw_test_ids(codes, np.full(6, 1 / 6))), result


def test_partial_prediction(texts, vocab, rng):
    batch = corruptions.permutation_lm(texts, vocab, rng, 1 / 6)
    asked = batch.weights > 0
    assert np.all(asked.sum(axis=1) == 5)  # round(32 / 6)
    query = batch.query.mask(33)
    for row, mask in zip(asked, query, strict=True):
        assert mask[:, ~row].all()  # context is seen by everyone
        assert not mask[~row][:, row].any()  # and sees no target
        assert sorted(mask[np.ix_(row, row)].sum(axis=1)) == [0, 1, 2, 3, 4]


def test_at_least_one_target(vocab, rng):
    batch = corruptions.permutation_lm([[0, 1]], vocab, rng, 0.1)
    assert batch.weights.sum() == 1


def test_special_tokens_are_context(framed, vocab, rng):
    batch = corruptions.permutation_lm(framed, vocab, rng)
    special = vocab.is_special(batch.inputs)
    assert np.array_equal(batch.weights > 0, ~special)
    masks = batch.query.mask(33)
    for row, mask in zip(batch.inputs, masks, strict=True):
        assert mask[:, (row == vocab.cls) | (row == vocab.sep)].all()
        assert not mask[:, row == vocab.pad].any()


@pytest.mark.parametrize("share", [0.0, 1.1, np.nan])
def test_shares_out_of_range(texts, vocab, rng, share):
    with pytest.raises(ValueError, match=rf"share must lie in \(0, 1\], got {share}"):
        corruptions.permutation_lm(texts, vocab, rng, share)

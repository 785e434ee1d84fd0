"""Objectives from left to right: what stands where."""

import numpy as np
import pytest

from mlph_lib.goodness import dkw_test_ids
from mlph_lib.pretraining import corruptions


def test_the_next_token_stands_at_its_place(texts, vocab):
    batch = corruptions.causal_lm(texts, vocab)
    assert np.array_equal(batch.targets, texts)
    assert np.array_equal(batch.inputs[:, 1:], texts[:, :-1])
    assert np.all(batch.inputs[:, 0] == vocab.bos) and np.all(batch.weights == 1)
    assert batch.attention.kind == "causal" and batch.attention.keys is None


def test_padding_counts_nothing_and_the_end_counts(texts, vocab):
    texts[:, 20], texts[:, 21:] = vocab.eos, vocab.pad
    batch = corruptions.causal_lm(texts, vocab)
    assert np.all(batch.weights[:, :21] == 1) and np.all(batch.weights[:, 21:] == 0)
    assert not batch.attention.mask(32)[:, :, 22:].any()


def test_prefix_and_targets_meet_in_one_position(texts, vocab, rng):
    batch = corruptions.prefix_lm(texts, vocab, rng)
    assert np.array_equal(batch.inputs, corruptions.causal_lm(texts, vocab).inputs)
    masks = batch.attention.mask(32)
    for prefix, weights, mask in zip(
        batch.attention.prefix, batch.weights, masks, strict=True
    ):
        assert np.array_equal(weights, np.arange(32) >= prefix - 1)
        assert mask[:prefix, :prefix].all() and not mask[:prefix, prefix:].any()
        assert np.array_equal(mask[prefix:], np.tri(32, dtype=bool)[prefix:])


def test_splits_are_uniform(vocab, rng):
    # False-fail rate 1e-9; at n = 50,000 a split's probability off by 0.058 is seen.
    batch = corruptions.prefix_lm(np.zeros((50_000, 8), dtype=int), vocab, rng)
    split = batch.attention.prefix - 1
    assert split.min() == 1 and split.max() == 7
    assert (result := dkw_test_ids(split - 1, np.full(7, 1 / 7))), result


def test_splits_of_padded_texts_leave_a_target(texts, vocab, rng):
    texts[:, 2:] = vocab.pad
    batch = corruptions.prefix_lm(texts, vocab, rng)
    assert np.all(batch.attention.prefix == 2)
    assert np.array_equal(batch.weights.sum(axis=1), np.ones(200))


def test_several_tokens_ahead(texts, vocab):
    texts[:, 30:] = vocab.pad
    batch = corruptions.multi_token(texts, vocab, k=3)
    assert batch.targets.shape == batch.weights.shape == (200, 32, 3)
    for j in range(3):
        assert np.array_equal(batch.targets[:, : 32 - j, j], texts[:, j:])
        assert np.all(batch.weights[:, : 30 - j, j] == 1)
        assert np.all(batch.weights[:, 30 - j :, j] == 0)
    first = corruptions.causal_lm(texts, vocab)
    assert np.array_equal(batch.targets[..., 0], first.targets)
    assert np.array_equal(batch.weights[..., 0], first.weights)


def test_one_and_four_tokens_ahead(texts, vocab):
    one, first = (
        corruptions.multi_token(texts, vocab, k=1),
        corruptions.causal_lm(texts, vocab),
    )
    assert np.array_equal(one.targets[..., 0], first.targets)
    assert np.array_equal(one.weights[..., 0], first.weights)
    assert corruptions.multi_token(texts, vocab).targets.shape == (200, 32, 4)
    assert corruptions.multi_token(texts, vocab, k=32).weights[0].sum() == 32 * 33 / 2


@pytest.mark.parametrize("k", [0, 33])
def test_too_far_ahead(texts, vocab, k):
    with pytest.raises(ValueError, match=f"1, ..., 32 .the length., got {k}"):
        corruptions.multi_token(texts, vocab, k=k)


def test_a_prefix_needs_two_tokens(vocab, rng):
    with pytest.raises(ValueError, match="at least 2 tokens, got a text of 1"):
        corruptions.prefix_lm([[0, vocab.pad], [0, 1]], vocab, rng)

"""Batches: each document once an epoch, within the bound, the same for a seed."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mlph_lib.shipped.batches import GROUP, batches, padded

RNG = np.random.default_rng(5)
LENGTHS = RNG.integers(2, 60, 2 * GROUP + 77)
DOCUMENTS = [np.arange(n) for n in LENGTHS]


def epoch(seed, tokens=500, documents=DOCUMENTS):
    return batches(documents, tokens, np.random.default_rng(seed))


@pytest.mark.parametrize("tokens", [60, 500, 10**6])
def test_each_document_stands_in_one_batch(tokens):
    found = np.concatenate(epoch(0, tokens))
    assert sorted(found.tolist()) == list(range(len(DOCUMENTS)))


@pytest.mark.parametrize("tokens", [60, 500])
def test_a_batch_holds_at_most_so_many_ids_padding_counted(tokens):
    sizes = [len(batch) * LENGTHS[batch].max() for batch in epoch(0, tokens)]
    assert max(sizes) <= tokens


def test_a_longer_document_stands_alone():
    lengths = [50, 4, 60, 5]
    found = epoch(0, 20, [np.arange(n) for n in lengths])
    assert sorted(sorted(b.tolist()) for b in found) == [[0], [1, 3], [2]]


def test_little_is_padded():
    held = sum(len(b) * LENGTHS[b].max() for b in epoch(0))
    assert held < 1.1 * LENGTHS.sum()
    chance = np.array_split(np.random.default_rng(0).permutation(len(LENGTHS)), 130)
    assert sum(len(b) * LENGTHS[b].max() for b in chance) > 1.5 * LENGTHS.sum()


def same(one, two):
    return len(one) == len(two) and all(map(np.array_equal, one, two))


def test_the_seed_alone_gives_the_order():
    assert same(epoch(3), epoch(3))
    assert not same(epoch(3), epoch(4))


def test_short_and_long_batches_come_in_random_order():
    means = np.array([LENGTHS[b].mean() for b in epoch(0)])
    turns = np.sign(np.diff(means))
    assert 0.3 < (turns > 0).mean() < 0.7


def test_no_documents_no_batches():
    assert batches([], 10, np.random.default_rng(0)) == []


def test_targets_are_the_next_ids_and_end_in_minus_100():
    inputs, targets = padded([np.array([1, 7, 8, 2]), np.array([1, 2]),
                              np.array([1, 9, 2], dtype=np.int32)])
    assert inputs.tolist() == [[1, 7, 8], [1, 0, 0], [1, 9, 0]]
    assert targets.tolist() == [[7, 8, 2], [2, -100, -100], [9, 2, -100]]
    assert inputs.dtype == targets.dtype == torch.int64

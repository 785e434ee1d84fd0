"""Denoising: what is left of a text, in order, and a mask for every span."""

import numpy as np
import pytest

from mlph_lib.pretraining import corruptions
from mlph_lib.pretraining.corruptions.denoising import hidden_tokens, poisson


def test_what_is_left_stands_in_order(vocab, rng):
    texts = np.tile(np.arange(20), (300, 1))
    batch = corruptions.denoising(texts, vocab, rng)
    for row in batch.source.inputs:
        words = row[row < vocab.words]
        assert words.size == 14 and np.all(np.diff(words) > 0)  # 20 - ceil(0.3 * 20)
        marks = np.flatnonzero(row == vocab.mask)
        assert marks.size >= 1 and np.all(np.diff(marks) > 1)
        assert np.all(row[: marks.size + 14] != vocab.pad)
        assert np.all(row[marks.size + 14 :] == vocab.pad)
    assert np.array_equal(batch.targets, texts)
    assert np.array_equal(batch.inputs[:, 1:], texts[:, :-1])
    assert np.all(batch.inputs[:, 0] == vocab.bos)


def test_padding_is_not_looked_at(texts, vocab, rng):
    batch = corruptions.denoising(texts, vocab, rng)
    keys = batch.source.attention.keys
    assert np.array_equal(keys, batch.source.inputs != vocab.pad)
    assert not keys.all()


def test_insertions_happen(vocab, rng):
    texts = np.tile(np.arange(20), (300, 1))
    batch = corruptions.denoising(texts, vocab, rng, mean_span=1.0)
    insertions = 0
    for row in batch.source.inputs:
        around = np.concatenate([[-1], row[row != vocab.pad], [20]])
        for k in np.flatnonzero(around == vocab.mask):
            insertions += around[k + 1] == around[k - 1] + 1
    assert insertions > 0


def test_poisson_tails():
    exactly, at_least = poisson(3.0, 10)
    for k in range(10):
        assert at_least[k] == pytest.approx(1 - exactly[:k].sum(), abs=1e-15)
        assert at_least[k] - at_least[k + 1] == pytest.approx(exactly[k], abs=1e-15)


@pytest.mark.parametrize(
    "length, rate, expected", [(32, 0.3, 10), (2, 0.9, 1), (10, 0.3, 3), (10, 0.31, 4)]
)
def test_hidden_tokens(length, rate, expected):
    assert hidden_tokens(length, rate) == expected


@pytest.mark.parametrize("mean_span", [0.0, 33.0])
def test_spans_out_of_range(texts, vocab, rng, mean_span):
    with pytest.raises(ValueError, match=rf"\(0, 32\].*got {mean_span}"):
        corruptions.denoising(texts, vocab, rng, mean_span=mean_span)


def test_a_text_of_one_token(vocab, rng):
    with pytest.raises(ValueError, match="2 tokens or more, length=1"):
        corruptions.denoising([[0]], vocab, rng)

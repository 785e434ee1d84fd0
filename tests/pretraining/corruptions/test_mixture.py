"""UL2: each denoiser behind its mode token, every text decoded back."""

import numpy as np
import pytest

from mlph_lib.goodness import dkw_test_ids
from mlph_lib.pretraining import corruptions
from mlph_lib.pretraining.vocabulary import Vocabulary


def test_texts_decode(texts, vocab, rng):
    batch = corruptions.mixture(texts, vocab, rng)
    for source, target, x in zip(
        batch.source.inputs, batch.targets, texts, strict=True
    ):
        assert np.array_equal(corruptions.decode_spans(source, target, vocab), x)
        assert source[source != vocab.pad][-1] == vocab.eos
        assert target[target != vocab.pad][-1] == vocab.eos
    assert np.array_equal(batch.weights > 0, batch.targets != vocab.pad)
    assert np.array_equal(batch.source.attention.keys, batch.source.inputs != vocab.pad)


def test_modes_and_numbers(vocab, rng):
    # False-fail rate 1e-9; at n = 14,000 a mode's probability off by 0.11 is seen.
    batch = corruptions.mixture(np.zeros((14_000, 32), dtype=int), vocab, rng)
    mode = batch.source.inputs[:, 0] - vocab.mode_r
    assert (result := dkw_test_ids(mode, [2 / 7, 1 / 7, 4 / 7])), result
    hidden = (batch.targets < vocab.words).sum(axis=1)
    spans = (batch.source.inputs >= vocab.size - 8).sum(axis=1)
    found = set(zip(mode.tolist(), hidden.tolist(), spans.tolist(), strict=True))
    # 15 % of 32 is 4.8 -> 5 tokens, 25 % is 8, 50 % is 16.
    assert found == {
        (0, 5, 2),
        (0, 5, 1),
        (1, 8, 1),
        (2, 16, 5),
        (2, 16, 2),
        (2, 5, 1),
        (2, 16, 1),
    }


def test_s_is_a_prefix_model(texts, vocab, rng):
    batch = corruptions.mixture(texts, vocab, rng)
    s = np.flatnonzero(batch.source.inputs[:, 0] == vocab.mode_s)
    assert s.size
    for row in s:
        assert np.array_equal(batch.source.inputs[row, 1:25], texts[row, :24])
        assert np.array_equal(batch.targets[row, 1:9], texts[row, 24:])


def test_a_vocabulary_that_is_too_small(texts, rng):
    with pytest.raises(ValueError, match="vocabulary is too small: 5 spans"):
        corruptions.mixture(texts, Vocabulary(20, 4), rng)


def test_numbers_on_long_texts(rng):
    vocab = Vocabulary(20, 100)
    batch = corruptions.mixture(np.zeros((200, 512), dtype=int), vocab, rng)
    mode = batch.source.inputs[:, 0] - vocab.mode_r
    hidden = (batch.targets < vocab.words).sum(axis=1)
    spans = (batch.source.inputs >= vocab.size - 100).sum(axis=1)
    found = set(zip(mode.tolist(), hidden.tolist(), spans.tolist(), strict=True))
    # 15, 25 and 50 % of 512 are 77, 128 and 256 tokens, in spans of 3, 8 or 64.
    short, long = {(0, 77, 26), (0, 77, 10)}, {(2, 256, 85), (2, 256, 32)}
    assert found == short | long | {(1, 128, 1), (2, 77, 1), (2, 256, 4)}

"""Replaced-token detection: labels, laws, and a learned generator's data side."""

import numpy as np
import pytest
from scipy.stats import binom

from mlph_lib.goodness import dkw_test_ids
from mlph_lib.pretraining import corruptions


def test_labels_say_what_differs(framed, vocab, rng):
    batch = corruptions.replaced_tokens(framed, vocab, rng, 0.5)
    assert np.array_equal(batch.targets, batch.inputs != framed)
    assert np.array_equal(batch.weights, ~vocab.is_special(framed))


def test_a_token_redrawn_as_itself_is_original(vocab, rng):
    texts = np.zeros((4000, 32), dtype=int)
    batch = corruptions.replaced_tokens(texts, vocab, rng, 0.3)
    low, high = binom.interval(1 - 1e-9, texts.size, 0.3 * 19 / 20)
    assert low <= batch.targets.sum() <= high


def test_the_generator_has_the_law(vocab, rng):
    # False-fail rate 1e-9; at n = 64,000 a word's probability off by 0.052 is seen.
    law = np.arange(20) / 190
    texts = np.zeros((4000, 32), dtype=int)
    batch = corruptions.replaced_tokens(texts, vocab, rng, 0.5, law)
    drawn = batch.inputs[batch.targets == 1]
    assert (result := dkw_test_ids(drawn, law)), result


def test_a_learned_generator(framed, vocab, rng):
    masked = corruptions.masked_lm(framed, vocab, rng, 0.3)
    guesses = rng.integers(20, size=framed.shape)
    shown = np.where(masked.weights > 0, guesses, framed)
    batch = corruptions.detection(framed, shown, vocab)
    assert np.array_equal(batch.inputs, shown)
    assert np.array_equal(batch.targets == 1, shown != framed)
    assert np.array_equal(batch.weights, ~vocab.is_special(framed))
    assert np.array_equal(batch.attention.keys, framed != vocab.pad)


def test_a_generator_writes_words_over_words(framed, vocab):
    for place, token in ((1, vocab.mask), (0, 3)):
        shown = framed.copy()
        shown[0, place] = token
        with pytest.raises(ValueError, match="words in place of words only"):
            corruptions.detection(framed, shown, vocab)
    with pytest.raises(ValueError, match="shapes differ"):
        corruptions.detection(framed, framed[:, :8], vocab)


@pytest.mark.parametrize("bad", [[1.0], np.full(20, 0.1), [-1, 2] + [0] * 18])
def test_laws_that_are_none(texts, vocab, rng, bad):
    with pytest.raises(ValueError, match="probabilities of 20 words"):
        corruptions.replaced_tokens(texts, vocab, rng, law=bad)

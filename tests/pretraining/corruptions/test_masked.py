"""Masks: rates within binomial bounds, special tokens untouched, weights."""

import numpy as np
import pytest
from scipy.stats import binom

from mlph_lib.goodness import dkw_test_ids
from mlph_lib.pretraining import corruptions


def near(count, n, p):
    """Inside the central 1 - 1e-9 of Binomial(n, p)."""
    low, high = binom.interval(1 - 1e-9, n, p)
    return low <= count <= high


@pytest.mark.parametrize("rate", [0.15, 0.4])
def test_rates_of_masks(texts, vocab, rng, rate):
    batch = corruptions.masked_lm(np.tile(texts, (10, 1)), vocab, rng, rate)
    chosen = batch.weights > 0
    assert near(chosen.sum(), chosen.size, rate)
    assert np.array_equal(batch.inputs == vocab.mask, chosen)
    assert np.array_equal(batch.inputs[~chosen], batch.targets[~chosen])
    assert batch.attention.kind == "full"


def test_rates_of_eighty_ten_ten(vocab, rng):
    texts = rng.integers(20, size=(4000, 32))
    batch = corruptions.masked_lm(texts, vocab, rng, 0.15, (0.8, 0.1, 0.1))
    chosen = batch.weights > 0
    n, seen = chosen.sum(), batch.inputs[chosen]
    changed = (seen != vocab.mask) & (seen != texts[chosen])
    assert near(n, chosen.size, 0.15)
    assert near((seen == vocab.mask).sum(), n, 0.8)
    assert near((seen == texts[chosen]).sum(), n, 0.1 + 0.1 / 20)
    assert near(changed.sum(), n, 0.1 * 19 / 20)
    assert seen[changed].max() < vocab.words  # a special token is never drawn
    assert np.array_equal(batch.targets, texts)


def test_random_words_are_uniform(vocab, rng):
    # False-fail rate 1e-9; at n = 50,000 a word's probability off by 0.058 is seen.
    texts = np.zeros((2000, 50), dtype=int)
    batch = corruptions.masked_lm(texts, vocab, rng, 0.5, (0.0, 1.0, 0.0))
    drawn = batch.inputs[batch.weights > 0]
    assert (result := dkw_test_ids(drawn, np.full(20, 1 / 20))), result


def test_choices_are_independent(vocab, rng):
    # Numbers of targets a row, so pairs count too. False-fail rate 1e-9.
    batch = corruptions.masked_lm(np.zeros((20_000, 6), dtype=int), vocab, rng, 0.3)
    counts = batch.weights.sum(axis=1).astype(int)
    law = binom.pmf(np.arange(7), 6, 0.3)
    assert (result := dkw_test_ids(counts, law)), result
    assert (counts == 0).any()  # texts without a target stay so


ASKING = {
    "masked": lambda x, v, r: corruptions.masked_lm(x, v, r, 0.5, (0.4, 0.3, 0.3)),
    "words": lambda x, v, r: corruptions.whole_word(x, v, r, np.ones(32, bool), 0.5),
    "diffusion": corruptions.masked_diffusion,
    "spans": lambda x, v, r: corruptions.span_boundary(x, v, r, 0.5),
    "detection": lambda x, v, r: corruptions.replaced_tokens(x, v, r, 0.5),
}


@pytest.mark.parametrize("name", ASKING)
def test_special_tokens_are_never_touched(framed, vocab, rng, name):
    batch = ASKING[name](framed, vocab, rng)
    special = vocab.is_special(framed)
    assert np.array_equal(batch.inputs[special], framed[special])
    assert np.all(batch.weights[special] == 0)
    assert np.array_equal(batch.attention.keys, framed != vocab.pad)
    assert not batch.attention.mask(32)[0, :, 25:].any()


def test_words_are_masked_whole(texts, vocab, rng):
    starts = rng.random(texts.shape) < 0.5
    starts[:, 0] = True
    batch = corruptions.whole_word(texts, vocab, rng, starts, 0.3)
    chosen = batch.weights > 0
    assert np.array_equal(chosen[:, 1:][~starts[:, 1:]], chosen[:, :-1][~starts[:, 1:]])
    assert near(chosen[starts].sum(), starts.sum(), 0.3)
    assert np.array_equal(batch.inputs == vocab.mask, chosen)
    assert np.array_equal(batch.targets, texts)


def test_pieces_that_start_nothing(texts, vocab, rng):
    with pytest.raises(ValueError, match="must be the start of a word"):
        corruptions.whole_word(texts, vocab, rng, np.zeros(32, dtype=bool))
    with pytest.raises(TypeError, match="starts must be boolean, got int64"):
        corruptions.whole_word(texts, vocab, rng, np.ones(32, dtype=int))


def test_a_frame_starts_no_word(framed, vocab, rng):
    starts = ~vocab.is_special(framed)
    batch = corruptions.whole_word(framed, vocab, rng, starts, 0.5)
    assert near((batch.weights > 0).sum(), starts.sum(), 0.5)


def test_diffusion_hides_any_number_alike(vocab, rng):
    # False-fail rate 1e-9; at n = 20,000 a number's probability off by 0.092 is seen.
    batch = corruptions.masked_diffusion(np.zeros((20_000, 5), dtype=int), vocab, rng)
    hidden = batch.weights > 0
    count = hidden.sum(axis=1)
    assert (result := dkw_test_ids(count - 1, np.full(5, 0.2))), result
    places = np.flatnonzero(hidden[count == 1])
    assert (result := dkw_test_ids(places % 5, np.full(5, 0.2))), result
    np.testing.assert_allclose(batch.weights.sum(axis=1), 5)
    np.testing.assert_allclose(
        batch.weights[hidden], (5 / count)[np.nonzero(hidden)[0]]
    )


def test_diffusion_weights_count_words_alone(framed, vocab, rng):
    batch = corruptions.masked_diffusion(framed, vocab, rng)
    words = (~vocab.is_special(framed)).sum(axis=1)
    np.testing.assert_allclose(batch.weights.sum(axis=1), words)


@pytest.mark.parametrize(
    "bad", [(0.8, 0.1, 0.2), (1.1, -0.1, 0.0), (0.5, 0.5), (0.5, 0.5, 0.5)]
)
def test_shares_that_are_none(texts, vocab, rng, bad):
    with pytest.raises(ValueError, match="shares of MASK, random and kept"):
        corruptions.masked_lm(texts, vocab, rng, replace=bad)

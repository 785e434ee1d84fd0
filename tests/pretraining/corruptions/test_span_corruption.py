"""Span corruption: T5's published vectors, its forced end, and decoding back."""

import numpy as np
import pytest

from mlph_lib.pretraining import corruptions
from mlph_lib.pretraining.corruptions.span_corruption import (
    hide,
    noise,
    raw_length,
    reveal,
)
from mlph_lib.pretraining.vocabulary import Vocabulary

T5 = Vocabulary(words=980)  # ids 0, ..., 999
TOKENS = np.arange(10, 16)
MASK = np.array([True, True, False, False, True, False])


def test_golden_vectors_of_sentinels():
    # preprocessors_test.py: noise_span_to_unique_sentinel; and its non-noise twin,
    # which there writes one sentinel again and again.
    assert hide(TOKENS, MASK, T5).tolist() == [999, 12, 13, 998, 15]
    assert hide(TOKENS, ~MASK, T5).tolist() == [10, 11, 999, 14, 998]
    assert TOKENS[~MASK].tolist() == [12, 13, 15] and TOKENS[MASK].tolist() == [
        10,
        11,
        14,
    ]


def test_golden_vectors_of_lengths():
    # random_spans_helper_test: one sentinel a span on either side, EOS on both.
    assert raw_length(64, 0.2, 2.0) == (70, 22)
    assert raw_length(64, 0.2, 1.0) == (63, 27)


@pytest.mark.parametrize(
    "inputs, raw, targets", [(512, 568, 114), (128, 141, 29), (64, 70, 14)]
)
def test_lengths_of_the_standard_setting(inputs, raw, targets, rng):
    assert raw_length(inputs, 0.15, 3.0) == (raw, targets)
    vocab = Vocabulary(words=30, sentinels=100)
    batch = corruptions.span_corruption(np.zeros((2, raw), dtype=int), vocab, rng)
    assert batch.source.inputs.shape[1] == inputs
    assert batch.targets.shape[1] == targets


@pytest.mark.parametrize(
    "length, expected",
    [(8, (1, 1)), (3, (1, 1)), (10, (2, 1)), (30, (4, 1)), (50, (8, 3))],
)
def test_halves_are_rounded_to_even(length, expected):
    assert noise(length, 0.15, 3.0) == expected  # 10: 1.5 -> 2, 30: 4.5 -> 4


def test_the_forced_end(rng):
    masks = corruptions.span_masks(4000, 64, rng, forced_end=True)
    share = masks.mean(axis=0)
    assert share[0] == 0 and share[-1] == 1
    # Marginals of T5's code at 64 tokens; five standard errors of 4,000 masks.
    bound = 5 * 0.5 / np.sqrt(4000)
    np.testing.assert_allclose(share[[1, 2, 3]], [0.037, 0.065, 0.091], atol=bound)
    np.testing.assert_allclose(share[-3:], [0.596, 0.778, 1.0], atol=bound)
    short = corruptions.span_masks(20, 8, rng, forced_end=True)
    assert np.array_equal(short, np.tile(np.arange(8) == 7, (20, 1)))


def test_free_ends_are_alike_on_both_sides(rng):
    share = corruptions.span_masks(20_000, 64, rng).mean(axis=0)
    bound = 5 * 0.5 / np.sqrt(20_000)
    np.testing.assert_allclose(share, share[::-1], atol=2 * bound)
    assert 0 < share[0] < 0.3


@pytest.mark.parametrize("forced", [False, True])
def test_numbers_of_hidden_tokens_and_spans(rng, forced):
    masks = corruptions.span_masks(200, 40, rng, 0.3, 2.5, forced)
    starts = masks & ~np.insert(masks[:, :-1], 0, False, axis=1)
    assert np.all(masks.sum(axis=1) == 12) and np.all(starts.sum(axis=1) == 5)


@pytest.mark.parametrize("forced", [False, True])
def test_decoding_gives_the_text_back(texts, vocab, rng, forced):
    batch = corruptions.span_corruption(texts, vocab, rng, 0.4, 2.0, forced)
    for source, target, x in zip(
        batch.source.inputs, batch.targets, texts, strict=True
    ):
        assert np.array_equal(corruptions.decode_spans(source, target, vocab), x)


def test_a_target_is_what_the_decoder_reads_next(texts, vocab, rng):
    batch = corruptions.span_corruption(texts, vocab, rng)
    assert np.array_equal(batch.inputs[:, 1:], batch.targets[:, :-1])
    assert np.all(batch.inputs[:, 0] == vocab.bos) and np.all(batch.weights == 1)
    assert np.all(batch.targets[:, -1] == vocab.eos)
    assert np.all(batch.source.inputs[:, -1] == vocab.eos)
    assert np.all(batch.targets[:, 0] == vocab.sentinel(0))


def test_rows_are_hidden_as_one_by_one(texts, vocab, rng):
    masks = corruptions.span_masks(200, 32, rng, 0.3, 2.0)
    for rows, one in ((hide, hide), (reveal, reveal)):
        both = rows(texts, masks, vocab)
        for row, x, mask in zip(both, texts, masks, strict=True):
            assert np.array_equal(row, one(x, mask, vocab))


def test_reveal_is_t5s_target_where_text_starts_clean_and_ends_hidden(
    texts, vocab, rng
):
    masks = corruptions.span_masks(200, 32, rng, 0.3, 2.0, forced_end=True)
    assert np.array_equal(reveal(texts, masks, vocab), hide(texts, ~masks, vocab))


def test_a_vocabulary_that_is_too_small(texts, rng):
    with pytest.raises(
        ValueError, match="too small: 5 spans need as many sentinels, it has 2"
    ):
        corruptions.span_corruption(texts, Vocabulary(20, 2), rng, 0.5)


@pytest.mark.parametrize("mean_span", [0.5, 33.0])
def test_spans_longer_than_the_text(texts, vocab, rng, mean_span):
    with pytest.raises(
        ValueError, match=f"between 1 and the length 32, got {mean_span}"
    ):
        corruptions.span_corruption(texts, vocab, rng, 0.3, mean_span)


def test_a_text_of_one_token(vocab, rng):
    with pytest.raises(ValueError, match="2 tokens or more, length=1"):
        corruptions.span_corruption([[0]], vocab, rng)

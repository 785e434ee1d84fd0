"""What every corruption refuses, in words that say what to do."""

import numpy as np
import pytest
from scipy.stats import binom

from mlph_lib.pretraining import corruptions
from mlph_lib.pretraining.vocabulary import Vocabulary

STARTS = np.ones(32, dtype=bool)
ALL = {
    "causal_lm": {},
    "contrastive": {},
    "denoising": {},
    "fill_in_the_middle": {},
    "masked_diffusion": {},
    "masked_lm": {},
    "mixture": {},
    "multi_token": {},
    "next_sentence": {},
    "permutation_lm": {},
    "prefix_lm": {},
    "replaced_tokens": {},
    "sentence_order": {},
    "span_boundary": {},
    "span_corruption": {},
    "whole_word": {"starts": STARTS},
}
RATED = [
    "denoising",
    "masked_lm",
    "replaced_tokens",
    "span_boundary",
    "span_corruption",
    "whole_word",
]
FRAMED = [  # these take special tokens among the words
    "causal_lm", "masked_diffusion", "masked_lm", "multi_token", "permutation_lm",
    "prefix_lm", "replaced_tokens", "span_boundary", "whole_word",
]  # fmt: skip
DRAWING = sorted(ALL.keys() - {"causal_lm", "contrastive", "multi_token"})


def call(name, tokens, vocab, rng, **more):
    return getattr(corruptions, name)(tokens, vocab, rng, **ALL[name] | more)


@pytest.mark.parametrize("name", ALL)
def test_empty_samples(vocab, rng, name):
    for empty in (np.zeros((0, 32), dtype=int), np.zeros((2, 0), dtype=int), []):
        with pytest.raises(ValueError, match="an empty sample has nothing to learn"):
            call(name, empty, vocab, rng)


@pytest.mark.parametrize("name", ALL)
def test_tokens_that_are_no_integers(texts, vocab, rng, name):
    with pytest.raises(TypeError, match="tokens must be integers, got float64"):
        call(name, texts.astype(float), vocab, rng)
    with pytest.raises(TypeError, match="tokens must be integers, got bool"):
        call(name, texts > 0, vocab, rng)


@pytest.mark.parametrize("name", ALL)
def test_a_single_text_needs_two_axes(texts, vocab, rng, name):
    with pytest.raises(ValueError, match=r"must have shape \(n, T\).*got \(32,\)"):
        call(name, texts[0], vocab, rng)


@pytest.mark.parametrize("name", ALL)
def test_ids_outside_the_vocabulary(texts, rng, name):
    size = Vocabulary(15, 0).size if name in FRAMED else 15
    texts[0, 0] = 27
    with pytest.raises(
        ValueError, match=f"0, ..., {size - 1}, got 0 to 27; .*too small"
    ):
        call(name, texts, Vocabulary(15, 0), rng)
    with pytest.raises(ValueError, match="got -1"):
        call(name, texts - texts.min() - 1, Vocabulary(99, 0), rng)


@pytest.mark.parametrize("name", FRAMED)
def test_samples_of_special_tokens_alone(framed, vocab, rng, name):
    framed[3] = vocab.sep
    with pytest.raises(
        ValueError, match="needs a word, but row 3 holds special tokens only"
    ):
        call(name, framed, vocab, rng)


@pytest.mark.parametrize("name", sorted(ALL.keys() - set(FRAMED)))
def test_special_tokens_where_only_words_belong(framed, vocab, rng, name):
    with pytest.raises(ValueError, match="tokens must lie in 0, ..., 19"):
        call(name, framed, vocab, rng)


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1, 1.5, np.nan])
@pytest.mark.parametrize("name", RATED)
def test_rates_outside(texts, vocab, rng, name, rate):
    with pytest.raises(ValueError, match=f"strictly between 0 and 1, got {rate}"):
        call(name, texts, vocab, rng, rate=rate)


@pytest.mark.parametrize("bad", [None, 0, np.random.RandomState(0)])
@pytest.mark.parametrize("name", DRAWING)
def test_randomness_comes_from_a_generator(texts, vocab, name, bad):
    with pytest.raises(TypeError, match=r"default_rng\(0\), got"):
        call(name, texts, vocab, bad)


@pytest.mark.parametrize("name", DRAWING)
def test_the_generator_decides_alone(texts, vocab, name):
    a, b, c = (call(name, texts, vocab, np.random.default_rng(s)) for s in (1, 1, 2))
    assert same(a, b) and not same(a, c)


def same(a, b):
    parts = [(a.inputs, b.inputs), (a.targets, b.targets), (a.weights, b.weights)]
    if a.source is not None:
        parts.append((a.source.inputs, b.source.inputs))
    for one, two in ((a.attention, b.attention), (a.query, b.query)):
        if one is not None:
            length = a.inputs.shape[1]
            parts.append((one.mask(length), two.mask(b.inputs.shape[1])))
    return all(np.array_equal(one, two) for one, two in parts)


@pytest.mark.parametrize("name", ALL)
def test_the_caller_keeps_his_texts(texts, vocab, rng, name):
    before = texts.copy()
    call(name, texts, vocab, rng)
    assert np.array_equal(texts, before)


@pytest.mark.parametrize("name", ALL)
def test_batches_have_one_form(texts, vocab, rng, name):
    batch = call(name, texts.astype(np.int32), vocab, rng)
    assert batch.inputs.dtype == batch.targets.dtype == np.int64
    assert batch.weights.dtype == np.float64 and batch.weights.min() >= 0
    assert batch.targets.shape == batch.weights.shape
    assert batch.targets.shape[1] <= batch.inputs.shape[1]
    assert batch.inputs.min() >= 0 and batch.inputs.max() < vocab.size
    assert batch.targets.min() >= 0 and batch.targets.max() < max(vocab.size, 200)
    length = batch.inputs.shape[1]
    mask = batch.attention.mask(length)
    assert mask.dtype == bool and mask.shape[1:] == (length, length)
    assert mask.shape[0] in (1, len(batch.inputs))
    assert mask.any(axis=2).all()  # no row looks nowhere
    if batch.query is not None:
        assert batch.query.mask(length).any(axis=2).all()


def test_published_rates_are_the_defaults(texts, vocab, rng):
    """15 % of 32 tokens, T5 and SpanBERT; 30 %, BART; all, XLNet's full order."""
    several = np.tile(texts, (20, 1))
    low, high = binom.interval(1 - 1e-9, several.size, 0.15)
    plain = corruptions.masked_lm(several, vocab, rng)
    assert low <= plain.weights.sum() <= high
    assert np.all(plain.inputs[plain.weights > 0] == vocab.mask)
    whole = corruptions.whole_word(several, vocab, rng, STARTS)
    assert low <= whole.weights.sum() <= high
    redrawn = corruptions.replaced_tokens(several, vocab, rng)
    low, high = binom.interval(1 - 1e-9, several.size, 0.15 * 19 / 20)
    assert low <= redrawn.targets.sum() <= high
    spans = corruptions.span_boundary(texts, vocab, rng)
    assert np.all(spans.weights.sum(axis=1) == 5)
    short, spelt = (
        corruptions.span_boundary(texts, vocab, np.random.default_rng(3), **rest)
        for rest in ({}, {"rate": 0.15, "p": 0.2, "longest": 10})
    )
    assert np.array_equal(short.weights, spelt.weights)
    t5 = corruptions.span_corruption(texts, vocab, rng)
    assert t5.targets.shape == (200, 5 + 2 + 1)
    bart = corruptions.denoising(texts, vocab, rng)
    assert np.all((bart.source.inputs < vocab.words).sum(axis=1) == 22)
    assert corruptions.permutation_lm(texts, vocab, rng).weights.sum() == texts.size
    middle = corruptions.fill_in_the_middle(texts, vocab, rng)
    share = (middle.inputs[:, 1] == vocab.suf).mean()
    assert share < 0.3  # PSM alone: an empty prefix comes in 6 % of texts

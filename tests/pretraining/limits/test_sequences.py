"""Limits of whole sequences beside the list of all texts and all corruptions."""

from collections import defaultdict
from itertools import combinations, permutations, product
from math import comb, exp, factorial

import numpy as np
import pytest

from mlph_lib.goodness import dkw_test_ids
from mlph_lib.pretraining import corruptions, limits
from mlph_lib.pretraining.corruptions.infilling import rearranged
from mlph_lib.pretraining.corruptions.mixture import DENOISERS
from mlph_lib.pretraining.corruptions.span_corruption import hide, noise, reveal
from mlph_lib.pretraining.languages import (
    conditional_entropies,
    mess3,
    random_hierarchy,
    topic_stage,
)


def total(best, batch):
    return (best * batch.weights).sum(axis=1)


def draw(small, n):
    rng = np.random.default_rng(0)
    return small.texts[rng.choice(len(small.texts), size=n, p=small.p / small.p.sum())]


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_permutation(small, share):
    x = draw(small, 30)
    batch = corruptions.permutation_lm(x, small.vocab, np.random.default_rng(1), share)
    best = limits.permutation_lm(small.language, x, batch)
    for text, asked, row in zip(
        x, batch.weights[:, 1:], total(best, batch), strict=True
    ):
        context = (small.texts == text)[:, asked == 0].all(axis=1)
        whole = (small.texts == text).all(axis=1)
        expected = np.log(small.p[whole].sum() / small.p[context].sum())
        assert row == pytest.approx(expected, abs=1e-12)
    assert np.all(best[:, 0] == 0)


def test_every_order_telescopes(small):
    """The sum along each order of the exact conditionals is log p(x)."""
    text = draw(small, 1)
    length = text.shape[1]
    for order in permutations(range(length)):
        seen, log_p = np.zeros((1, length), dtype=bool), 0.0
        for place in order:
            law = small.language.leave_one_out(text, ~seen)[0, place]
            log_p += np.log(law[text[0, place]])
            seen[0, place] = True
        assert log_p == pytest.approx(small.language.log_prob(text)[0], abs=1e-11)


@pytest.mark.parametrize("spm", [0.0, 0.5, 1.0])
def test_fill_in_the_middle(small, spm):
    """Each sequence's probability is the sum over all that make it."""
    vocab, length = small.vocab, small.texts.shape[1]
    law = defaultdict(float)
    cuts = list(product(range(length + 1), repeat=2))
    for x, p in zip(small.texts, small.p, strict=True):
        for pair in cuts:
            i, j = sorted(pair)
            for flip, share in ((False, 1 - spm), (True, spm)):
                key = tuple(rearranged(x, i, j, vocab, flip))
                law[key] += p * share / len(cuts)
    x = draw(small, 60)
    batch = corruptions.fill_in_the_middle(x, vocab, np.random.default_rng(2), spm)
    best = limits.fill_in_the_middle(small.language, x, batch, vocab, spm)
    full = np.concatenate([batch.inputs, batch.targets[:, -1:]], axis=1)
    expected = np.log([law[tuple(row)] for row in full])
    np.testing.assert_allclose(total(best, batch), expected, atol=1e-11)
    if spm in (0.0, 1.0):
        entropy = -sum(p * np.log(p) for p in law.values() if p > 0)
        cut = limits.suffix_cut_entropy if spm else limits.cut_entropy
        text = -(small.p @ np.log(small.p))
        assert entropy == pytest.approx(text + cut(length), abs=1e-11)


@pytest.mark.parametrize("forced", [False, True])
@pytest.mark.parametrize("rate, mean_span", [(0.4, 1.0), (0.6, 1.5), (0.6, 5.0)])
def test_span_corruption(chain, forced, rate, mean_span):
    vocab, length = chain.vocab, chain.texts.shape[1]
    weights = defaultdict(float)
    masks = all_masks(length, rate, mean_span, forced)
    for x, p in zip(chain.texts, chain.p, strict=True):
        for mask in masks:
            weights[tuple(hide(x, mask, vocab))] += p / len(masks)
    x = draw(chain, 40)
    rng = np.random.default_rng(3)
    batch = corruptions.span_corruption(x, vocab, rng, rate, mean_span, forced)
    best = limits.span_corruption(chain.language, x, batch, vocab)
    p_of = dict(zip(map(tuple, chain.texts.tolist()), chain.p, strict=True))
    for text, source, row in zip(
        x, batch.source.inputs, total(best, batch), strict=True
    ):
        key = tuple(source[:-1])  # without EOS
        expected = np.log(p_of[tuple(text.tolist())] / len(masks) / weights[key])
        assert row == pytest.approx(expected, abs=1e-11)


def all_masks(length, rate, mean_span, forced):
    hidden, spans = noise(length, rate, mean_span)
    masks = np.array(list(product([False, True], repeat=length)))
    starts = masks & ~np.insert(masks[:, :-1], 0, False, axis=1)
    fits = (masks.sum(axis=1) == hidden) & (starts.sum(axis=1) == spans)
    if forced:
        fits &= ~masks[:, 0] & masks[:, -1]
    return masks[fits]


@pytest.mark.parametrize("forced", [False, True])
@pytest.mark.parametrize("rate, mean_span", [(0.4, 1.0), (0.5, 2.0), (0.3, 8.0)])
def test_span_masks_are_uniform(forced, rate, mean_span):
    # False-fail rate 1e-9; at n = 20,000 a mask's probability off by 0.092 is seen.
    masks, rng = all_masks(8, rate, mean_span, forced), np.random.default_rng(4)
    ids = {tuple(mask): k for k, mask in enumerate(masks.tolist())}
    drawn = corruptions.span_masks(20_000, 8, rng, rate, mean_span, forced)
    drawn = [ids[tuple(mask)] for mask in drawn.tolist()]
    assert (result := dkw_test_ids(drawn, np.full(len(masks), 1 / len(masks)))), result


def test_mixture(chain):
    vocab, length = chain.vocab, chain.texts.shape[1]
    joint, sources = defaultdict(float), defaultdict(float)
    for mode, mean_span, rate in DENOISERS:
        if mean_span is None:
            masks = [np.arange(length) >= length - round(rate * length)]
        else:
            masks = all_masks(length, rate, min(mean_span, length), False)
        for x, p in zip(chain.texts, chain.p, strict=True):
            for mask in masks:
                source = (getattr(vocab, mode), *hide(x, mask, vocab))
                sources[source] += p / len(masks) / 7
                joint[source, tuple(reveal(x, mask, vocab))] += p / len(masks) / 7
    x = draw(chain, 60)
    batch = corruptions.mixture(x, vocab, np.random.default_rng(5))
    best = limits.mixture(chain.language, x, batch, vocab)
    for source, target, row in zip(
        batch.source.inputs, batch.targets, total(best, batch), strict=True
    ):
        source = tuple(source[: list(source).index(vocab.eos)])
        target = tuple(target[: list(target).index(vocab.eos)])
        expected = np.log(joint[source, target] / sources[source])
        assert row == pytest.approx(expected, abs=1e-11)


def damage(x, hidden, mean, vocab):
    """{source: probability}: all lengths of spans, then all places, one by one."""
    law = defaultdict(float)

    def lengths(left, p, drawn):
        if left == 0:
            yield drawn, p
            return
        if len(drawn) > x.size - hidden:
            return  # no room: drawn again
        for length in range(left):
            q = exp(-mean) * mean**length / factorial(length)
            yield from lengths(left - length, p * q, [*drawn, length])
        rest = 1 - sum(exp(-mean) * mean**k / factorial(k) for k in range(left))
        yield [*drawn, left], p * rest

    for drawn, p in lengths(hidden, 1.0, []):
        places = x.size - hidden + 1
        for at in combinations(range(places), len(drawn)):
            source, position = [], 0
            for kept in range(places):
                if kept in at:
                    source.append(vocab.mask)
                    position += drawn[at.index(kept)]
                if kept < places - 1:
                    source.append(int(x[position]))
                    position += 1
            law[tuple(source)] += p / comb(places, len(drawn))
    norm = sum(law.values())
    return {source: p / norm for source, p in law.items()}


@pytest.mark.parametrize("rate, mean_span", [(0.3, 3.0), (0.5, 1.0), (0.7, 0.5)])
def test_denoising(chain, rate, mean_span):
    vocab, length = chain.vocab, chain.texts.shape[1]
    hidden = int(np.ceil(rate * length))
    laws = [damage(x, hidden, mean_span, vocab) for x in chain.texts]
    sources = defaultdict(float)
    for p, law in zip(chain.p, laws, strict=True):
        for source, q in law.items():
            sources[source] += p * q
    index = {tuple(x): k for k, x in enumerate(chain.texts.tolist())}
    x = draw(chain, 50)
    batch = corruptions.denoising(x, vocab, np.random.default_rng(6), rate, mean_span)
    best = limits.denoising(chain.language, x, batch, vocab, rate, mean_span)
    for text, source, row in zip(
        x, batch.source.inputs, total(best, batch), strict=True
    ):
        k, source = index[tuple(text)], tuple(source[source != vocab.pad].tolist())
        expected = np.log(chain.p[k] * laws[k][source] / sources[source])
        assert row == pytest.approx(expected, abs=1e-10)


def test_denoising_defaults_are_those_of_the_corruption(chain):
    x = draw(chain, 20)
    batch = corruptions.denoising(x, chain.vocab, np.random.default_rng(9))
    best = limits.denoising(chain.language, x, batch, chain.vocab)
    spelt = limits.denoising(chain.language, x, batch, chain.vocab, 0.3, 3.0)
    assert np.array_equal(best, spelt)


@pytest.mark.parametrize("mean_span", [3.0, 0.7])
def test_damaged_texts_have_the_law(chain, mean_span):
    # False-fail rate 1e-9; at n = 10,000 a source's probability off by 0.13 is seen.
    x, vocab = chain.texts[100], chain.vocab
    law = damage(x, 3, mean_span, vocab)
    names = {source: k for k, source in enumerate(law)}
    rng = np.random.default_rng(7)
    batch = corruptions.denoising(np.tile(x, (10_000, 1)), vocab, rng, 0.5, mean_span)
    rows = (row[row != vocab.pad].tolist() for row in batch.source.inputs)
    ids = [names[tuple(row)] for row in rows]
    assert (result := dkw_test_ids(ids, list(law.values()))), result


def test_the_sums_need_states():
    language = random_hierarchy(3, 2, 2, 2, seed=0)
    with pytest.raises(TypeError, match="hidden Markov language, got RandomHierarchy"):
        limits.span_corruption(language, np.zeros((1, 4), int), None, None)
    with pytest.raises(TypeError, match="got RandomHierarchy"):
        limits.denoising(language, np.zeros((1, 4), int), None, None)


def test_exact_limits_are_means_over_draws():
    """Five standard errors; chance fails once in two million."""
    language, length = mess3(0.05, 0.85), 16
    x = language.sample(4000, length, np.random.default_rng(8))
    each = -language.log_prob(x) / length
    error = 5 * each.std() / np.sqrt(len(x))
    assert limits.causal_limit(language, length) == pytest.approx(
        each.mean(), abs=error
    )
    steps = np.arange(length)
    own = np.take_along_axis(language.next_token(x), x[..., None], 2)[..., 0]
    after = -np.log(own) @ steps / steps.sum()
    error = 5 * after.std() / np.sqrt(len(x))
    assert limits.prefix_limit(language, length) == pytest.approx(
        after.mean(), abs=error
    )


def test_exact_limits_of_short_texts_are_exact(chain):
    length = chain.texts.shape[1]
    if np.allclose(chain.language.start @ chain.language.move, chain.language.start):
        entropy = -(chain.p @ np.log(chain.p))
        limit = limits.causal_limit(chain.language, length)
        assert limit == pytest.approx(entropy / length, abs=1e-12)
        middle = (entropy + limits.cut_entropy(length)) / (length + 3)
        assert limits.middle_limit(chain.language, length) == pytest.approx(middle)
    else:
        with pytest.raises(ValueError, match="stationary law; this one does not"):
            limits.causal_limit(chain.language, length)


def test_late_tokens_have_the_rate():
    upper, lower = conditional_entropies(mess3(), 10)
    steps = np.append(upper, np.full(22, (upper[-1] + lower[-1]) / 2))
    assert limits.causal_limit(mess3(), 32) == pytest.approx(steps.mean(), rel=1e-12)


def test_a_chain_that_is_not_stationary_has_no_rate():
    with pytest.raises(ValueError, match="stationary"):
        limits.prefix_limit(topic_stage(), 32)


@pytest.mark.parametrize(
    "length, pair, last", [(32, 6.321, 3.304), (64, 7.666, 3.981), (512, 11.789, 6.047)]
)
def test_prices_of_cuts(length, pair, last):
    assert limits.cut_entropy(length) == pytest.approx(pair, abs=5e-4)
    assert limits.suffix_cut_entropy(length) == pytest.approx(last, abs=5e-4)

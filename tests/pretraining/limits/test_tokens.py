"""Limits of single targets beside Bayes' rule over the list of all texts."""

from itertools import combinations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mlph_lib.pretraining import corruptions, limits
from mlph_lib.pretraining.attention import Attention
from mlph_lib.pretraining.batch import Batch
from mlph_lib.pretraining.languages import mess3
from mlph_lib.pretraining.vocabulary import Vocabulary


def some_rows(small, n=40):
    return small.texts[np.random.default_rng(9).integers(len(small.texts), size=n)]


def loss(laws, batch):
    """PyTorch's cross-entropy of the exact laws as logits, a mean over the weights."""
    logits = torch.from_numpy(np.log(np.maximum(laws, 1e-300)))
    nll = F.cross_entropy(
        logits.flatten(0, -2),
        torch.from_numpy(batch.targets).flatten(),
        reduction="none",
    )
    return (nll.numpy() * batch.weights.ravel()).sum() / batch.weights.sum()


def mean(best, batch):
    return -(best * batch.weights).sum() / batch.weights.sum()


def test_causal(small):
    x = some_rows(small)
    batch = corruptions.causal_lm(x, small.vocab)
    best = limits.causal_lm(small.language, x, batch)
    np.testing.assert_allclose(best.sum(axis=1), small.language.log_prob(x), atol=1e-12)
    laws = small.language.next_token(x)
    assert loss(laws, batch) == pytest.approx(mean(best, batch), rel=1e-9)


def test_prefix(small):
    x = some_rows(small)
    batch = corruptions.prefix_lm(x, small.vocab, np.random.default_rng(0))
    best = limits.prefix_lm(small.language, x, batch)
    for text, split, row in zip(x, batch.attention.prefix - 1, best, strict=True):
        start = (small.texts[:, :split] == text[:split]).all(axis=1)
        whole = (small.texts == text).all(axis=1)
        expected = np.log(small.p[whole].sum() / small.p[start].sum())
        assert row.sum() == pytest.approx(expected, abs=1e-12)
        assert np.all(row[:split] == 0)


def test_multi_token(small):
    x = some_rows(small, 10)
    batch = corruptions.multi_token(x, small.vocab, k=3)
    best = limits.multi_token(small.language, x, batch)
    for row, text in enumerate(x):
        for t, j in np.ndindex(batch.targets.shape[1:]):
            if t + j >= x.shape[1]:
                assert best[row, t, j] == 0
                continue
            law = small.given((small.texts[:, :t] == text[:t]).all(axis=1))
            expected = np.log(law[small.texts[:, t + j] == text[t + j]].sum())
            assert best[row, t, j] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", ["masked", "words", "diffusion"])
def test_masked(small, name):
    x, rng = some_rows(small), np.random.default_rng(1)
    batch = {
        "masked": lambda: corruptions.masked_lm(x, small.vocab, rng, 0.5),
        "words": lambda: corruptions.whole_word(
            x, small.vocab, rng, np.arange(x.shape[1]) % 2 == 0, 0.5
        ),
        "diffusion": lambda: corruptions.masked_diffusion(x, small.vocab, rng),
    }[name]()
    hidden = batch.weights > 0
    best = limits.masked(small.language, x, batch)
    for row, text in enumerate(x):
        fits = (small.texts == text)[:, ~hidden[row]].all(axis=1)
        law = small.given(fits)
        for i in range(x.shape[1]):
            expected = (
                np.log(law[small.texts[:, i] == text[i]].sum()) if hidden[row, i] else 0
            )
            assert best[row, i] == pytest.approx(expected, abs=1e-12)
    laws = small.language.leave_one_out(x, hidden)
    assert loss(laws, batch) == pytest.approx(mean(best, batch), rel=1e-9)


def test_masked_refuses_targets_in_sight(small):
    x = some_rows(small)
    rng = np.random.default_rng(2)
    batch = corruptions.masked_lm(x, small.vocab, rng, 0.5, (0.5, 0.25, 0.25))
    with pytest.raises(ValueError, match="use limits.noisy"):
        limits.masked(small.language, x, batch)


def test_span_boundary(chain):
    x, rng = some_rows(chain), np.random.default_rng(3)
    batch = corruptions.span_boundary(x, chain.vocab, rng, 0.4, 0.3, 3)
    own, beside = limits.span_boundary(chain.language, x, batch)
    assert np.array_equal(own, limits.masked(chain.language, x, batch))
    asked = batch.boundaries.weights > 0
    assert np.array_equal(beside[asked], own[asked]) and np.all(beside[~asked] == 0)
    assert 0 < asked.sum() < (batch.weights > 0).sum()


def test_diffusion_bounds_are_tight(small):
    """E_k E_set of T / k sum -log q_i is -log p(x): all sets listed."""
    x = some_rows(small, 5)
    length = x.shape[1]
    total = np.zeros(len(x))
    for k in range(1, length + 1):
        sets = list(combinations(range(length), k))
        for places in sets:
            hidden = np.isin(np.arange(length), places)
            weights = np.tile(hidden * length / k, (len(x), 1))
            shown = np.where(hidden, small.vocab.mask, x)
            batch = Batch(shown, x, weights, Attention("full"))
            best = limits.masked(small.language, x, batch)
            total += (weights * best).sum(axis=1) / len(sets) / length
    np.testing.assert_allclose(total, small.language.log_prob(x), atol=1e-12)


@pytest.mark.parametrize("replace", [(0.8, 0.1, 0.1), (0.0, 0.5, 0.5), (0.5, 0.0, 0.5)])
def test_noisy(small, replace):
    x, rate = some_rows(small), 0.6
    batch = corruptions.masked_lm(
        x, small.vocab, np.random.default_rng(4), rate, replace
    )
    best = limits.noisy(small.language, x, batch, rate, replace)
    mask, random, keep = replace

    def channel(y, chosen):
        """P(input y, chosen or not | word) for every text, position by position."""
        same = small.texts == y
        seen = random / small.language.words + keep * same
        hit = rate * np.where(y == small.vocab.mask, mask, seen)
        missed = (1 - rate) * same * (y != small.vocab.mask)
        return np.where(chosen, hit, hit + missed)

    for row, text in enumerate(x):
        for i in np.flatnonzero(batch.weights[row]):
            chosen = np.arange(x.shape[1]) == i  # of the others nobody knows
            law = small.given(channel(batch.inputs[row], chosen).prod(axis=1))
            expected = np.log(law[small.texts[:, i] == text[i]].sum())
            assert best[row, i] == pytest.approx(expected, abs=1e-10)
    assert np.all(best[batch.weights == 0] == 0)


def test_noisy_with_masks_alone_is_masked(small):
    x, plain = some_rows(small), (1.0, 0.0, 0.0)
    batch = corruptions.masked_lm(x, small.vocab, np.random.default_rng(5), 0.4)
    np.testing.assert_allclose(
        limits.noisy(small.language, x, batch, 0.4, plain),
        limits.masked(small.language, x, batch),
        atol=1e-12,
    )


def test_defaults_are_those_of_the_corruptions(small):
    x, rng = some_rows(small), np.random.default_rng(8)
    rule = (0.8, 0.1, 0.1)
    batch = corruptions.masked_lm(x, small.vocab, rng, 0.5, rule)
    best = limits.noisy(small.language, x, batch)
    spelt = limits.noisy(small.language, x, batch, 0.15, rule)
    assert np.array_equal(best, spelt)
    batch = corruptions.replaced_tokens(x, small.vocab, rng)
    best = limits.replaced_tokens(small.language, x, batch)
    assert np.array_equal(
        best, limits.replaced_tokens(small.language, x, batch, 0.15, [1 / 3] * 3)
    )


@pytest.mark.parametrize("law", [None, (0.5, 0.3, 0.2)])
def test_replaced_tokens(small, law):
    x, rate = some_rows(small), 0.4
    batch = corruptions.replaced_tokens(
        x, small.vocab, np.random.default_rng(6), rate, law
    )
    best = limits.replaced_tokens(small.language, x, batch, rate, law)
    u = np.full(3, 1 / 3) if law is None else np.array(law)
    for row, y in enumerate(batch.inputs):
        given = small.given(
            ((1 - rate) * (small.texts == y) + rate * u[y]).prod(axis=1)
        )
        original = given @ (small.texts == y)
        p = np.where(batch.targets[row] == 1, 1 - original, original)
        np.testing.assert_allclose(best[row], np.log(p), atol=1e-9)
    logits = np.log(np.exp(best) / -np.expm1(best)) * (2 * batch.targets - 1)
    bce = F.binary_cross_entropy_with_logits(
        torch.from_numpy(logits), torch.from_numpy(batch.targets).double()
    )
    assert float(bce) == pytest.approx(-best.mean(), rel=1e-9)


def test_a_perfect_generator_leaves_the_pseudo_likelihood(small):
    """One place redrawn from p(x_i | others): P(replaced) = (1 - p(y_i | y_-i)) / T.

    All texts y have the law of the language again; the sum over what was there before
    is taken over the list.
    """
    length = small.texts.shape[1]
    q = small.language.leave_one_out(small.texts, np.zeros(small.texts.shape, bool))
    own = np.take_along_axis(q, small.texts[..., None], 2)[..., 0]
    for y in range(len(small.texts)):
        for i in range(length):
            others = np.delete(small.texts, i, 1) == np.delete(small.texts[y], i)
            before = others.all(axis=1) & (small.texts[:, i] != small.texts[y, i])
            changed = small.p[before].sum() * own[y, i] / length
            assert changed / small.p[y] == pytest.approx(
                (1 - own[y, i]) / length, abs=1e-12
            )


@pytest.mark.parametrize(
    "rate, expected, error", [(0.15, 0.7036, 0.0011), (0.4, 0.7469, 0.0006)]
)
def test_mess3_at_32_tokens(rate, expected, error):
    """Beside an earlier draw with its error: five standard errors of the difference."""
    language, vocab, rng = mess3(0.05, 0.85), Vocabulary(3), np.random.default_rng(7)
    x = language.sample(8000, 32, rng)
    batch = corruptions.masked_lm(x, vocab, rng, rate)
    best = limits.masked(language, x, batch)
    residuals = -best.sum(axis=1) - mean(best, batch) * batch.weights.sum(axis=1)
    own = np.sqrt((residuals**2).sum()) / batch.weights.sum()
    assert own < 0.005
    assert mean(best, batch) == pytest.approx(expected, abs=5 * np.hypot(own, error))

"""Limits on two segments beside the list of all texts; what topic and stage decide."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mlph_lib.pretraining import corruptions, limits
from mlph_lib.pretraining.languages import mess3, random_hierarchy, topic_stage
from mlph_lib.pretraining.vocabulary import Vocabulary

SMALL = {
    "topic": topic_stage(topics=2, stages=2, words=1),
    "mess3": mess3(0.1, 0.7),
    "tree": random_hierarchy(3, 2, 2, 2, seed=1),
}


@pytest.fixture(params=SMALL)
def pairs(request):
    """(language, vocabulary, table of p(A B) for all segments of two words)."""
    language = SMALL[request.param]
    v = language.words
    texts = np.stack(np.unravel_index(np.arange(v**4), (v,) * 4), axis=1)
    table = np.exp(language.log_prob(texts)).reshape(v * v, v * v)
    return language, Vocabulary(v), table


def codes(language, segments):
    return segments @ [language.words, 1]


def test_next_sentence(pairs):
    language, vocab, table = pairs
    x = language.sample(60, 4, np.random.default_rng(0))
    batch = corruptions.next_sentence(x, vocab, np.random.default_rng(1))
    best = limits.next_sentence(language, batch)
    a, b = (
        codes(language, batch.inputs[:, part]) for part in (slice(1, 3), slice(4, 6))
    )
    follows, apart = table[a, b], table.sum(axis=1)[a] * table.sum(axis=0)[b]
    p = np.where(batch.targets[:, 0] == 0, follows, apart) / (follows + apart)
    np.testing.assert_allclose(best[:, 0], np.log(p), atol=1e-12)


def test_sentence_order(pairs):
    language, vocab, table = pairs
    x = language.sample(60, 4, np.random.default_rng(2))
    batch = corruptions.sentence_order(x, vocab, np.random.default_rng(3))
    best = limits.sentence_order(language, batch)
    a, b = (
        codes(language, batch.inputs[:, part]) for part in (slice(1, 3), slice(4, 6))
    )
    p = np.where(batch.targets[:, 0] == 0, table[a, b], table[b, a])
    expected = np.log(p / (table[a, b] + table[b, a]))
    np.testing.assert_allclose(best[:, 0], expected, atol=1e-12)


@pytest.mark.parametrize("pairs", ["topic", "mess3"], indirect=True)
def test_contrastive(pairs):
    language, vocab, table = pairs
    x = language.sample(20, 4, np.random.default_rng(4))
    batch = corruptions.contrastive(x, vocab)
    a, b = codes(language, x[:, :2]), codes(language, x[:, 2:])
    first, second = table.sum(axis=1), table.sum(axis=0)
    ratio = table[a[:, None], b] / (first[a][:, None] * second[b])
    scores = limits.affinity(language, x[:, :2], x[:, 2:])
    np.testing.assert_allclose(scores, np.log(ratio), atol=1e-12)
    best = limits.contrastive(language, batch)
    expected = np.log(np.diag(ratio) / ratio.sum(axis=1))
    np.testing.assert_allclose(best[:, 0], expected, atol=1e-12)
    pushed = F.cross_entropy(torch.from_numpy(scores), torch.arange(20))
    assert float(pushed) == pytest.approx(-best.mean(), rel=1e-12)


def test_the_diagonal_of_affinity_is_the_next_sentence_logit():
    language = topic_stage()
    x = language.sample(30, 16, np.random.default_rng(5))
    first, second = x[:, :8], x[:, 8:]
    scores = np.diag(limits.affinity(language, first, second))
    logit = limits.next_sentence_logit(language, first, second)
    np.testing.assert_allclose(scores, logit, atol=1e-11)


def test_the_exponential_is_bilinear_and_the_critic_is_not():
    language = mess3()
    texts = np.stack(np.unravel_index(np.arange(81), (3,) * 4), axis=1)
    scores = limits.affinity(language, texts, texts)
    ranks = [np.linalg.matrix_rank(m, tol=1e-9) for m in (np.exp(scores), scores)]
    assert ranks[0] == 3 and ranks[1] > 20


def test_two_next_sentence_queries_make_the_order():
    """s(A, B) - s(B, A) = log p(AB) - log p(BA) where both places have one law."""
    language = mess3()
    x = language.sample(50, 12, np.random.default_rng(6))
    a, b = x[:, :6], x[:, 6:]
    asked = limits.next_sentence_logit(language, a, b)
    asked = asked - limits.next_sentence_logit(language, b, a)
    np.testing.assert_allclose(asked, -limits.order_logit(language, a, b), atol=1e-11)


def accuracies(language, n=4000, seed=0):
    x = language.sample(n, 32, np.random.default_rng(seed))
    a, b = x[:, :16], x[:, 16:]
    logit = limits.next_sentence_logit
    right = [logit(language, a, b) > 0, logit(language, a, np.roll(b, 1, axis=0)) < 0]
    return np.mean(right), limits.order_logit(language, a, b)


def test_topic_decides_next_sentence_and_stage_decides_order():
    # The bounds are five standard errors of 4,000 texts (0.022 and 0.018 at most).
    follows, order = accuracies(topic_stage())
    assert follows == pytest.approx(0.912, abs=0.025)
    assert np.mean(order < 0) == pytest.approx(0.951, abs=0.02)
    follows, order = accuracies(topic_stage(topics=1))
    assert follows == pytest.approx(0.524, abs=0.03)
    assert np.mean(order < 0) == pytest.approx(0.924, abs=0.022)
    follows, order = accuracies(topic_stage(stages=1))
    assert follows == pytest.approx(0.909, abs=0.025)
    np.testing.assert_allclose(order, 0.0, atol=1e-10)


def test_mess3_published_accuracies():
    # 0.689 and 0.738 with n = 2,000 pairs; bounds are five standard errors of both.
    follows, order = accuracies(mess3(), seed=1)
    assert follows == pytest.approx(0.689, abs=0.06)
    assert np.mean(order < 0) == pytest.approx(0.738, abs=0.06)

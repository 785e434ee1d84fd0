"""Pairs of segments: where each half goes, and how often; BERT's own pairs."""

import numpy as np
import pytest
from scipy.stats import binom

from mlph_lib.pretraining import corruptions
from mlph_lib.pretraining.vocabulary import Vocabulary


def near(count, n, p):
    """Inside the central 1 - 1e-9 of Binomial(n, p)."""
    low, high = binom.interval(1 - 1e-9, n, p)
    return low <= count <= high


def split(batch):
    return batch.inputs[:, 1:17], batch.inputs[:, 18:34]


def test_the_frame(texts, vocab, rng):
    for make in (corruptions.next_sentence, corruptions.sentence_order):
        batch = make(texts, vocab, rng)
        assert batch.inputs.shape == (200, 35)
        assert np.all(batch.inputs[:, 0] == vocab.cls)
        assert np.all(batch.inputs[:, [17, 34]] == vocab.sep)
        assert np.array_equal(batch.segments, np.tile(np.arange(35) >= 18, (200, 1)))
        assert batch.targets.shape == batch.weights.shape == (200, 1)
        assert np.all(batch.weights == 1) and batch.attention.kind == "full"


def test_next_sentence(vocab, rng):
    texts = rng.integers(20, size=(2000, 32))
    batch = corruptions.next_sentence(texts, vocab, rng)
    first, second = split(batch)
    random = batch.targets[:, 0] == 1
    assert np.array_equal(first, texts[:, :16])
    assert np.array_equal(second[~random], texts[~random, 16:])
    assert not (second[random] == texts[random, 16:]).all(axis=1).any()
    all_seconds = {tuple(row) for row in texts[:, 16:].tolist()}
    assert {tuple(row) for row in second.tolist()} <= all_seconds
    assert near(random.sum(), 2000, 0.5)


def test_sentence_order(vocab, rng):
    texts = rng.integers(20, size=(2000, 32))
    batch = corruptions.sentence_order(texts, vocab, rng)
    first, second = split(batch)
    swapped = batch.targets[:, 0] == 1
    whole = np.where(
        swapped[:, None], np.hstack([second, first]), np.hstack([first, second])
    )
    assert np.array_equal(whole, texts)
    assert near(swapped.sum(), 2000, 0.5)


def test_contrastive(texts, vocab):
    batch = corruptions.contrastive(texts, vocab)
    assert np.array_equal(np.hstack([batch.inputs, batch.source.inputs]), texts)
    assert np.array_equal(batch.targets[:, 0], np.arange(200))
    assert np.all(batch.weights == 1)
    assert batch.attention.kind == batch.source.attention.kind == "full"


def test_too_few_texts_and_odd_lengths(texts, vocab, rng):
    for make in (corruptions.next_sentence, corruptions.contrastive):
        with pytest.raises(ValueError, match="needs? (at least )?2 texts, got 1"):
            make(texts[:1], vocab, rng)
    for make in (
        corruptions.next_sentence,
        corruptions.contrastive,
        corruptions.sentence_order,
    ):
        with pytest.raises(ValueError, match="an even length, length=31"):
            make(texts[:, :31], vocab, rng)


def documents(rng, mean, count=300):
    """Documents of 20 sentences of geometric length."""
    return [
        [rng.integers(20, size=k) for k in rng.geometric(1 / mean, size=20)]
        for _ in range(count)
    ]


def followed(lengths, most, rng):
    """How many pairs of a document follow and how many there are, by a moving index.

    The published loop told again on lengths alone: a chunk grows until it is long
    enough or the document ends; a random B puts the index back to the end of A.
    """
    i, chunk, true, total = 0, [], 0, 0
    goal = rng.integers(2, most + 1) if rng.random() < 0.1 else most
    while i < len(lengths):
        chunk.append(lengths[i])
        if i == len(lengths) - 1 or sum(chunk) >= goal:
            cut = 1 if len(chunk) == 1 else rng.integers(1, len(chunk))
            total += 1
            if len(chunk) == 1 or rng.random() < 0.5:
                i -= len(chunk) - cut
            else:
                true += 1
            chunk = []
        i += 1
    return true, total


@pytest.mark.parametrize("mean, published", [(8, 0.45), (25, 0.43), (60, 0.38)])
def test_berts_pairs_follow_less_than_half_the_time(vocab, rng, mean, published):
    """Beside the loop told again, five standard errors of both; near its figures."""
    texts = documents(rng, mean)
    batch = corruptions.bert_pairs(texts, vocab, rng)
    share, n = 1 - batch.targets.mean(), len(batch.targets)
    counts = [followed([len(s) for s in text], 125, rng) for text in texts]
    true, total = np.sum(counts, axis=0)
    error = 5 * np.sqrt(0.25 / n + 0.25 / total)
    assert share == pytest.approx(true / total, abs=error)
    assert share == pytest.approx(published, abs=0.05) and share < 0.49


def test_without_lone_sentences_both_are_alike(vocab, rng):
    batch = corruptions.bert_pairs(documents(rng, 25), vocab, rng, lone=False)
    assert near(batch.targets.sum(), len(batch.targets), 0.5)


def test_berts_pairs_are_framed_and_fit(vocab, rng):
    texts = documents(rng, 10, count=20)
    batch = corruptions.bert_pairs(texts, vocab, rng, length=40)
    streams = [np.concatenate(text).tolist() for text in texts]
    for row, segments, target in zip(
        batch.inputs, batch.segments, batch.targets[:, 0], strict=True
    ):
        size = np.flatnonzero(row == vocab.sep)[1] + 1
        assert size <= 40 and row[0] == vocab.cls and np.all(row[size:] == vocab.pad)
        middle = np.flatnonzero(row == vocab.sep)[0]
        assert np.array_equal(segments, np.arange(len(row)) > middle)
        a, b = row[1:middle].tolist(), row[middle + 1 : size - 1].tolist()
        assert a and b
        if target == 0:  # B comes after A in one document, but for what was trimmed
            assert any(follows(stream, a, b) for stream in streams)
    assert np.array_equal(batch.attention.keys, batch.inputs != vocab.pad)


def follows(stream, a, b):
    text = " ".join(map(str, stream)) + " "
    first, second = (" ".join(map(str, part)) + " " for part in (a, b))
    at = text.find(first)
    return at >= 0 and text.find(second, at) >= 0


def test_a_document_of_one_sentence_has_random_pairs_only(vocab, rng):
    texts = [[np.arange(5)], [np.arange(7)]]
    batch = corruptions.bert_pairs(texts, vocab, rng)
    assert np.all(batch.targets == 1) and len(batch.targets) == 2
    with pytest.raises(ValueError, match="every document is a single sentence"):
        corruptions.bert_pairs(texts, vocab, rng, lone=False)


def test_berts_pairs_need_documents_of_words(vocab, rng):
    good = [[np.arange(5)] * 3] * 3
    with pytest.raises(ValueError, match="at least 2 documents.*got 1 and 128"):
        corruptions.bert_pairs(good[:1], vocab, rng)
    with pytest.raises(ValueError, match="got 3 and 4"):
        corruptions.bert_pairs(good, vocab, rng, length=4)
    with pytest.raises(TypeError, match="must be integers"):
        corruptions.bert_pairs([[np.ones(3)] * 2] * 2, vocab, rng)
    with pytest.raises(ValueError, match="empty sample"):
        corruptions.bert_pairs([[np.arange(0)] * 2] * 2, vocab, rng)


def sides(batch, vocab):
    """(A, B, target) of every row, without padding."""
    for row, target in zip(batch.inputs, batch.targets[:, 0], strict=True):
        first, last = np.flatnonzero(row == vocab.sep)
        yield row[1:first], row[first + 1 : last], target


def test_every_sentence_is_used_once(rng):
    """With sentences of one token nothing is trimmed: A and true B are the document."""
    vocab = Vocabulary(3000)
    texts = [list(np.arange(50 * k, 50 * k + 50)[:, None]) for k in range(60)]
    batch = corruptions.bert_pairs(texts, vocab, rng, length=23)
    used = [
        np.concatenate([a, b]) if target == 0 else a
        for a, b, target in sides(batch, vocab)
    ]
    assert np.array_equal(np.concatenate(used), np.arange(3000))
    for a, b, target in sides(batch, vocab):
        assert a.size + b.size <= 20 and np.all(np.diff(b) == 1)
        if target == 1:
            assert b[0] // 50 != a[0] // 50  # another document


def test_one_document_in_ten_gives_short_inputs(rng):
    vocab = Vocabulary(20)
    texts = [list(rng.integers(20, size=(40, 1))) for _ in range(4000)]
    batch = corruptions.bert_pairs(texts, vocab, rng, length=23)
    # The first pair of a document, if true, has the length aimed at: 20, or any of
    # 2, ..., 20 in one document of ten.
    sizes, left = [], 0
    for a, b, target in sides(batch, vocab):
        if left <= 0:
            left = 40
            sizes += [a.size + b.size] if target == 0 else []
        left -= a.size + (b.size if target == 0 else 0)
    short = np.array(sizes) < 20
    assert near(short.sum(), short.size, 0.1 * 18 / 19)
    assert min(sizes) == 2


def test_long_sentences_are_cut_to_fit_at_either_end(rng):
    vocab = Vocabulary(3000)
    texts = [
        list(np.arange(3000).reshape(50, 60)[5 * k : 5 * k + 5]) for k in range(10)
    ]
    batch = corruptions.bert_pairs(texts, vocab, rng, length=43)
    assert np.all((batch.inputs != vocab.pad).sum(axis=1) == 43)
    for a, b, target in sides(batch, vocab):
        assert a.size == b.size == 20 and target == 1
    firsts = np.array([a[0] % 60 for a, _, _ in sides(batch, vocab)])
    assert np.all((firsts > 5) & (firsts < 35))  # 40 cuts, about half of them in front


def test_of_two_as_long_b_is_cut_as_in_berts_code(vocab, rng):
    batch = corruptions.bert_pairs([[np.arange(3)] * 2] * 5, vocab, rng, length=8)
    for a, b, _ in sides(batch, vocab):
        assert (a.size, b.size) == (3, 2)  # of 3 and 3 tokens, where 5 fit


def test_the_shortest_frame(vocab, rng):
    batch = corruptions.bert_pairs([[np.arange(9)] * 3] * 3, vocab, rng, length=5)
    assert batch.inputs.shape[1] == 5

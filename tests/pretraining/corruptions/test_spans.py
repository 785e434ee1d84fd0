"""SpanBERT's spans: lengths, budget, room between them, and their two sides."""

import numpy as np
import pytest

from mlph_lib.goodness import dkw_test_ids
from mlph_lib.pretraining import corruptions


def runs(row):
    """(start, end) of every run of true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], row, [0]])))
    return edges.reshape(-1, 2)


def test_lengths_are_published_ones():
    law = corruptions.span_lengths()
    assert law @ np.arange(1, 11) == pytest.approx(3.80, abs=5e-3)
    np.testing.assert_allclose(law[1:] / law[:-1], 0.8)
    assert law.sum() == pytest.approx(1)


def test_budget_and_bounds(texts, vocab, rng):
    batch = corruptions.span_boundary(texts, vocab, rng, 0.4, longest=5)
    masked = batch.weights > 0
    assert np.all(masked.sum(axis=1) == 13)  # ceil(0.4 * 32)
    lengths = [end - start for row in masked for start, end in runs(row)]
    assert max(lengths) <= 5
    assert np.array_equal(batch.inputs == vocab.mask, masked)
    assert np.array_equal(batch.inputs[~masked], texts[~masked])


def test_the_first_span_has_the_law(vocab, rng):
    # One span a text, far from an end. False-fail rate 1e-9; at n = 5,000 a length's
    # probability off by 0.18 is seen.
    texts = np.zeros((5000, 200), dtype=int)
    batch = corruptions.span_boundary(texts, vocab, rng, 0.02, 0.5, 4)  # 4 tokens
    firsts = [runs(row) for row in batch.weights > 0]
    lone = [pieces[0, 1] - pieces[0, 0] for pieces in firsts if len(pieces) == 1]
    # All four in one span: only a first span of 4 does it, but for a cut at the end.
    share = corruptions.span_lengths(0.5, 4)[3] * 197 / 200
    hits = np.array([len(pieces) == 1 for pieces in firsts]).astype(int)
    assert set(lone) == {4}
    assert (result := dkw_test_ids(hits, [1 - share, share])), result


def places(masked, left, law):
    """{mask: probability}: every start and length of every span, one by one."""
    length = len(masked)
    near = [k for k in range(length) if any(masked[max(k - 1, 0) : k + 2])]
    free = [k for k in range(length) if k not in near]
    if not left or not free:
        return {tuple(masked): 1.0}
    found = {}
    for start in free:
        for size, p in enumerate(law, start=1):
            end = start
            while end < length and end not in near and end - start < min(size, left):
                end += 1
            covered = [m or start <= k < end for k, m in enumerate(masked)]
            for mask, q in places(covered, left - (end - start), law).items():
                found[mask] = found.get(mask, 0.0) + p * q / len(free)
    return found


@pytest.mark.parametrize("rate, p, longest", [(0.5, 0.5, 2), (0.4, 0.3, 3)])
def test_masks_have_the_law(vocab, rng, rate, p, longest):
    # False-fail rate 1e-9; at n = 20,000 a mask's probability off by 0.092 is seen,
    # and likewise the number of masks that leave a single token between two spans.
    texts = np.zeros((20_000, 7), dtype=int)
    batch = corruptions.span_boundary(texts, vocab, rng, rate, p, longest)
    lengths = corruptions.span_lengths(p, longest)
    law = places([False] * 7, int(np.ceil(rate * 7)), lengths)
    names = {mask: k for k, mask in enumerate(law)}
    drawn = (batch.weights > 0).tolist()
    ids = np.array([names[tuple(mask)] for mask in drawn])
    assert (result := dkw_test_ids(ids, list(law.values()))), result
    close = np.array(["101" in "".join(map(str, map(int, mask))) for mask in law])
    share = close @ list(law.values())
    assert (result := dkw_test_ids(close[ids].astype(int), [1 - share, share])), result


def test_a_span_may_be_as_long_as_the_text(vocab, rng):
    batch = corruptions.span_boundary(np.zeros((2, 10), dtype=int), vocab, rng)
    assert np.all(batch.weights.sum(axis=1) == 2)


def test_sides_of_a_span(texts, vocab, rng):
    batch = corruptions.span_boundary(texts, vocab, rng, 0.4)
    sides = batch.boundaries
    for row, masked in enumerate(batch.weights > 0):
        for start, end in runs(masked):
            inside = 0 < start and end < 32
            assert np.all(sides.weights[row, start:end] == inside)
            assert np.array_equal(sides.offset[row, start:end], np.arange(end - start))
            if inside:
                assert np.all(sides.left[row, start:end] == start - 1)
                assert np.all(sides.right[row, start:end] == end)
        assert np.all(sides.weights[row, ~masked] == 0)
        assert np.all(sides.offset[row, ~masked] == 0)
    for side in (sides.left, sides.right):
        assert side.min() >= 0 and side.max() < 32


def test_spans_stop_at_special_tokens_and_padding_is_no_side(framed, vocab, rng):
    framed[:, 12] = vocab.sep
    framed[0, 24] = vocab.pad  # the text ends in a word, then padding
    batch = corruptions.span_boundary(np.tile(framed[:1], (300, 1)), vocab, rng, 0.4)
    assert np.all(batch.weights[:, 12] == 0)
    masked_last = batch.weights[:, 23] > 0
    assert masked_last.any()
    assert np.all(batch.boundaries.weights[masked_last, 23] == 0)
    after_cls = batch.weights[:, 1] > 0
    assert np.all(batch.boundaries.weights[after_cls, 1] == 1)


def test_no_room_left_is_no_endless_loop(vocab, rng):
    batch = corruptions.span_boundary([[0, 1, 2]], vocab, rng, 0.99, longest=1)
    assert 1 <= batch.weights.sum() <= 2


def test_a_span_longer_than_the_text(vocab, rng):
    with pytest.raises(ValueError, match="10 tokens is longer than a text of 8 words"):
        corruptions.span_boundary(np.zeros((2, 8), dtype=int), vocab, rng)
    framed = np.full((1, 12), vocab.sep)
    framed[0, :8] = 0
    with pytest.raises(ValueError, match="longer than a text of 8 words"):
        corruptions.span_boundary(framed, vocab, rng)


@pytest.mark.parametrize("bad", [(0.0, 3), (1.0, 3), (0.2, 0)])
def test_laws_of_lengths_that_are_none(bad):
    with pytest.raises(ValueError, match="p must lie|longest must be at least 1"):
        corruptions.span_lengths(*bad)

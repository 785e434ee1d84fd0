"""Fill-in-the-middle: a bijection of text and cuts, and the law of the cuts."""

from itertools import combinations_with_replacement

import numpy as np
import pytest
from scipy.stats import binom

from mlph_lib.goodness import dkw_test_ids
from mlph_lib.pretraining import corruptions


def whole(batch):
    return np.concatenate([batch.inputs, batch.targets[:, -1:]], axis=1)


def test_all_cuts_decode(vocab):
    x, seen = np.array([3, 1, 4, 1, 5]), set()
    for i, j in combinations_with_replacement(range(6), 2):
        row = corruptions.rearranged(x, i, j, vocab)
        assert row.size == 9
        text, cuts = corruptions.decode_middle(row, vocab)
        assert np.array_equal(text, x) and cuts == (i, j)
        seen.add(tuple(row))
        text, (start, end) = corruptions.decode_middle(
            corruptions.rearranged(x, i, j, vocab, spm=True), vocab
        )
        assert np.array_equal(text, x) and (start, end) == (0, j)
    assert len(seen) == 21


def test_formats(vocab):
    v, x = vocab, np.arange(5)
    psm = [v.pre, 0, 1, v.suf, 4, v.mid, 2, 3, v.eos]
    spm = [v.pre, v.suf, 4, v.mid, 0, 1, 2, 3, v.eos]
    assert corruptions.rearranged(x, 2, 4, vocab).tolist() == psm
    assert corruptions.rearranged(x, 2, 4, vocab, spm=True).tolist() == spm


def test_batches_decode_and_all_is_asked(texts, vocab, rng):
    batch = corruptions.fill_in_the_middle(texts, vocab, rng)
    assert batch.inputs.shape == batch.targets.shape == (200, 35)
    assert np.array_equal(batch.inputs[:, 1:], batch.targets[:, :-1])
    assert np.all(batch.inputs[:, 0] == vocab.pre)
    assert np.all(batch.weights == 1) and batch.attention.kind == "causal"
    for row, x in zip(whole(batch), texts, strict=True):
        assert np.array_equal(corruptions.decode_middle(row, vocab)[0], x)


def test_the_law_of_the_cuts(vocab, rng):
    # False-fail rate 1e-9; at n = 20,000 a pair's probability off by 0.092 is seen.
    batch = corruptions.fill_in_the_middle(np.zeros((20_000, 3), dtype=int), vocab, rng)
    pairs = list(combinations_with_replacement(range(4), 2))
    ids = [
        pairs.index(corruptions.decode_middle(row, vocab)[1]) for row in whole(batch)
    ]
    law = [(2 - (i == j)) / 16 for i, j in pairs]
    assert (result := dkw_test_ids(ids, law)), result


def test_share_of_spm(vocab, rng):
    texts = np.zeros((4000, 30), dtype=int)
    batch = corruptions.fill_in_the_middle(texts, vocab, rng, spm=0.3)
    empty = (batch.inputs[:, 1] == vocab.suf).sum()
    share = 0.3 + 0.7 * 61 / 31**2  # PSM with an empty prefix looks the same
    low, high = binom.interval(1 - 1e-9, 4000, share)
    assert low <= empty <= high


@pytest.mark.parametrize("spm", [-0.1, 1.1])
def test_shares_out_of_range(texts, vocab, rng, spm):
    with pytest.raises(ValueError, match=rf"share in \[0, 1\], got {spm}"):
        corruptions.fill_in_the_middle(texts, vocab, rng, spm)

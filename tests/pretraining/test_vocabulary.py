"""The ids: in order, apart, and enough of them."""

import copy
import pickle

import numpy as np
import pytest

from mlph_lib.pretraining.vocabulary import SPECIALS, Vocabulary


def test_words_then_specials_then_sentinels():
    vocab = Vocabulary(5, 3)
    specials = [getattr(vocab, name) for name in SPECIALS]
    assert specials == list(range(5, 17)) and vocab.size == 20
    assert vocab.sentinel(np.arange(3)).tolist() == [19, 18, 17]
    assert vocab.is_special(np.arange(20)).tolist() == [False] * 5 + [True] * 15


def test_too_few():
    with pytest.raises(ValueError, match="at least 2 words.*got 1 and 8"):
        Vocabulary(1)
    with pytest.raises(ValueError, match="got 5 and -1"):
        Vocabulary(5, -1)
    with pytest.raises(ValueError, match="too small: 4 spans .* it has 3"):
        Vocabulary(5, 3).sentinel(3)
    with pytest.raises(AttributeError, match="no special token 'nothing'"):
        Vocabulary(5).nothing  # noqa: B018


def test_the_smallest():
    assert Vocabulary(2, 0).size == 14


def test_copies_are_equal():
    vocab = Vocabulary(5, 3)
    for twin in (copy.deepcopy(vocab), pickle.loads(pickle.dumps(vocab))):
        assert twin == vocab and twin.mask == vocab.mask

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


def test_every_id_has_its_own_spelling():
    vocab = Vocabulary(3, 4)
    names = vocab.names(["a", "cat", "sat"])
    assert names[:3] == ["a", "cat", "sat"]
    specials = "[PAD] [MASK] [CLS] [SEP] [BOS] [EOS] [PRE] [SUF] [MID] [R] [S] [X]"
    assert [names[getattr(vocab, name)] for name in SPECIALS] == specials.split()
    assert [names[vocab.sentinel(k)] for k in range(4)] == ["<0>", "<1>", "<2>", "<3>"]
    assert len(names) == len(set(names)) == vocab.size


@pytest.mark.parametrize("words", [[], ["a", "b"], ["a", "b", "c", "d"]])
def test_spellings_of_another_number_of_words(words):
    with pytest.raises(ValueError, match=f"3 words, got {len(words)}"):
        Vocabulary(3).names(words)


def test_the_smallest():
    assert Vocabulary(2, 0).size == 14


def test_copies_are_equal():
    vocab = Vocabulary(5, 3)
    for twin in (copy.deepcopy(vocab), pickle.loads(pickle.dumps(vocab))):
        assert twin == vocab and twin.mask == vocab.mask

"""Texts, ids, and transformers' tokenizer with the same ids."""

import numpy as np
import pytest

from mlph_lib.pretraining.vocabulary import SPECIALS, Vocabulary

WORDS, SENTINELS = 20, 8


@pytest.fixture
def vocab():
    return Vocabulary(WORDS, SENTINELS)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def texts():
    """(200, 32) words."""
    return np.random.default_rng(1).integers(WORDS, size=(200, 32))


@pytest.fixture
def framed(texts, vocab):
    """CLS x SEP and padding behind every other row."""
    tokens = texts.copy()
    tokens[:, 0], tokens[:, -1] = vocab.cls, vocab.sep
    tokens[::2, 24], tokens[::2, 25:] = vocab.sep, vocab.pad
    return tokens


@pytest.fixture(scope="session")
def tokenizer():
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    vocab = Vocabulary(WORDS, SENTINELS)
    ids = {f"w{k}": k for k in range(WORDS)}
    ids |= {f"[{name.upper()}]": getattr(vocab, name) for name in SPECIALS}
    ids |= {f"<extra_id_{k}>": vocab.sentinel(k) for k in range(SENTINELS)}
    model = models.WordLevel(ids, unk_token="[PAD]")
    names = {f"{name}_token": f"[{name.upper()}]" for name in SPECIALS[:6]}
    return PreTrainedTokenizerFast(tokenizer_object=Tokenizer(model), **names)

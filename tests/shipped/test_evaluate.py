"""Code lengths: ours by transformers' model, rivals by their own programs and sums."""

from __future__ import annotations

import gzip
import lzma
import math

import numpy as np
import pytest
import torch
from transformers import LlamaConfig as TheirConfig
from transformers import LlamaForCausalLM

from mlph_lib.llama import Llama
from mlph_lib.shipped.evaluate import (
    SMOOTHING,
    beginnings,
    bigram_bits,
    bits_per_byte,
    ids_of,
    rivals,
    token_bigram_bits,
)
from mlph_lib.shipped.tokenizer import train_tokenizer


@pytest.fixture
def parts(texts):
    return texts[:100], texts[100:]


def test_the_models_code_length_is_transformers(texts, tmp_path):
    torch.manual_seed(0)
    theirs = LlamaForCausalLM(TheirConfig(
        vocab_size=420, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, initializer_range=0.2,
    )).eval()
    theirs.save_pretrained(tmp_path)
    few = ["é\u2028" + texts[0], *texts[1:5]]
    ids = ids_of(train_tokenizer(texts, 420), few)
    bits = 0.0
    for row in map(torch.from_numpy, ids):
        with torch.no_grad():
            loss = theirs(row[None].long(), labels=row[None].long()).loss.double()
        bits += loss.item() * (len(row) - 1) / math.log(2)  # EOS counted, BOS not
    per_byte = bits / sum(len(text.encode()) for text in few)
    assert bits_per_byte(Llama.from_pretrained(tmp_path), ids, few) == pytest.approx(
        per_byte, rel=1e-5)


def test_ids_open_and_close_a_text(texts):
    tokenizer = train_tokenizer(texts, 420)
    ids = ids_of(tokenizer, texts)
    assert all(x[0] == 1 and x[-1] == 2 and 2 not in x[:-1] for x in ids)
    assert [tokenizer.decode(x) for x in ids] == texts


def test_compressors_are_the_programs(parts):
    found, size = rivals(*parts), sum(len(text.encode()) for text in parts[1])
    whole = "\0".join(parts[1]).encode()
    assert found["gzip"] * size / 8 == len(gzip.compress(whole, 9, mtime=0))
    assert found["xz"] * size / 8 == len(lzma.compress(whole, preset=9 | 1 << 31))


def test_training_text_primes_xz(parts):
    # What xz has read it need not spell again; other text does not help it.
    primed, strange = rivals(*parts), rivals(["\u0416" * 9], parts[1])
    assert primed["xz_primed"] < primed["xz"] / 2
    assert strange["xz_primed"] > 1.5 * primed["xz_primed"]


def test_byte_bigrams_by_hand():
    # after 0: a, b; after a: b; after b: 0, 0
    before, z = ["ab", "b"], 256 * SMOOTHING
    p = [(1 + SMOOTHING) / (2 + z), (1 + SMOOTHING) / (1 + z), (2 + SMOOTHING) / (2 + z)]
    assert bigram_bits(before, ["ab"]) == pytest.approx(-sum(map(math.log2, p)))


@pytest.mark.parametrize("before", [[], [[1, 5, 2], [1, 5, 5, 3, 2]], [[1, 0, 4, 2]] * 9])
def test_token_bigrams_are_laws(before):
    before = [np.array(ids) for ids in before]
    for u in range(6):
        law = [2 ** -token_bigram_bits(before, [np.array([u, v])], 6) for v in range(6)]
        assert sum(law) == pytest.approx(1.0) and min(law) > 0


def test_token_bigrams_by_hand():
    # 1 -> 5 twice; 5 -> 2, 5 -> 5, 5 -> 2: n = 5, V = 6, s(5) = 2
    before = [np.array([1, 5, 2]), np.array([1, 5, 5, 2])]
    p5, p2 = (3 + 1) / 11, (2 + 1) / 11
    expected = (2 + p5) / 3 * (2 + 2 * p2) / 5
    bits = token_bigram_bits(before, [np.array([1, 5, 2])], 6)
    assert bits == pytest.approx(-math.log2(expected))


def test_bigrams_of_other_text_are_worse(parts):
    assert bigram_bits(*parts) < bigram_bits(["zq xj"], parts[1])


def test_beginnings_are_counted():
    ids = [np.array([1, token, 2]) for token in (7, 9, 7, 8, 9, 7)]
    assert beginnings(ids) == {"documents": 6, "ids": [7, 9, 8], "counts": [3, 2, 1]}
    assert beginnings(ids, top=1)["ids"] == [7]

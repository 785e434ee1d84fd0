"""Code lengths of texts whose law is known beforehand."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
import torch

from mlph_lib.llama import Llama, LlamaConfig
from mlph_lib.shipped.evaluate import bigram_bits, bits_per_byte, rivals


def markov(law: np.ndarray) -> Llama:
    """A Llama whose next-token law given u is law[u]: its blocks add nothing.

    The last hidden state of u is sqrt(V) e_u, so that the head holds log law.
    """
    size = len(law)
    model = Llama(LlamaConfig(size, size, 4, 1, 2, 1, 64)).eval().requires_grad_(False)
    for layer in model.model.layers:
        layer.self_attn.o_proj.weight.zero_()
        layer.mlp.down_proj.weight.zero_()
    model.model.embed_tokens.weight.copy_(100 * torch.eye(size))
    model.lm_head.weight.copy_(torch.from_numpy(np.log(law).T / math.sqrt(size)))
    return model


def test_a_known_law_has_its_code_length():
    law = np.random.default_rng(0).dirichlet(np.ones(8), 8)
    ids, texts = [np.array([1, 5, 3, 3, 2]), np.array([1, 7, 2])], ["abc", "é"]
    pairs = [(1, 5), (5, 3), (3, 3), (3, 2), (1, 7), (7, 2)]
    bits = -sum(math.log2(law[u, v]) for u, v in pairs) / 5  # "é" is two bytes
    assert bits_per_byte(markov(law), ids, texts) == pytest.approx(bits, abs=1e-5)
    assert abs(bits_per_byte(markov(law[::-1].copy()), ids, texts) - bits) > 0.1


def test_a_law_that_is_sure_costs_nothing():
    law = np.full((8, 8), 1e-9)
    law[range(8), [0, 5, 0, 4, 2, 3, 0, 0]] = 1
    law /= law.sum(1, keepdims=True)
    assert bits_per_byte(markov(law), [np.array([1, 5, 3, 4, 2])], ["xyz"]) < 1e-5


SEEN, NEVER = 1.1 / 26.6, 0.1 / 26.6  # (count + 0.1) / (1 + 256 * 0.1)


@pytest.mark.parametrize("text, chances", [
    ("ab", [SEEN, SEEN, SEEN]), ("b", [NEVER, SEEN]), ("ba", [NEVER, NEVER, NEVER]),
    ("c", [NEVER, 1 / 256]), ("", [NEVER]),
])
def test_byte_bigrams_of_pairs_seen_and_never_seen(text, chances):
    bits = -sum(map(math.log2, chances))
    assert bigram_bits(["ab"], [text]) == pytest.approx(bits)
    assert bigram_bits(["ab"], [text, text]) == pytest.approx(2 * bits)


def test_random_hexadecimal_digits_need_four_bits_by_any_means():
    digits = "".join(random.Random(0).choices("0123456789abcdef", k=40_000))
    found = rivals([digits[:20_000]], [digits[20_000:]])
    for name in ("gzip", "xz", "bigram"):
        assert 3.99 < found[name] < 4.8, name


def test_one_letter_needs_nearly_nothing():
    found = rivals(["a" * 20_000], ["a" * 20_000])
    assert max(found[name] for name in ("gzip", "xz", "bigram")) < 0.1


def test_figures_are_per_byte_not_per_letter():
    letters = random.Random(0).choices(range(4096), k=4000)
    text = "".join(chr(0x4E00 + i) for i in letters)  # 12 bits in three bytes
    assert 4.0 <= rivals([text], [text])["xz"] < 5.2

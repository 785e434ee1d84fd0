"""Languages to decode: random trees of logits and a tiny Llama."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def language():
    """language(V, seed): a callable whose logits depend on the whole prefix."""

    def build(vocab_size, seed=0, scale=2.0, removed=0.0):
        @cache
        def after(*tokens):
            rng = np.random.default_rng([seed, len(tokens), *tokens])
            logits = rng.normal(0.0, scale, vocab_size)
            gone = rng.random(vocab_size) < removed
            gone[rng.integers(vocab_size)] = False
            return np.where(gone, -np.inf, logits)

        return lambda tokens: after(*tokens)

    return build


@pytest.fixture(scope="session")
def llama():
    """A tiny random Llama of transformers with sharp next-token laws."""
    torch.manual_seed(7)
    config = LlamaConfig(
        vocab_size=31,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=128,
        initializer_range=0.5,
    )
    return LlamaForCausalLM(config).eval()


@pytest.fixture(scope="session")
def llama_next(llama):
    """Next-token logits of the tiny Llama after BOS."""

    @torch.no_grad()
    def next_logits(tokens):
        return llama(torch.tensor([[1, *tokens]])).logits[0, -1]

    return next_logits

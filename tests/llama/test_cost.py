"""Formulas of cost beside what is counted."""

from __future__ import annotations

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from mlph_lib.llama import LLAMA_2_7B, Llama, LlamaConfig
from mlph_lib.llama.cost import (
    cache_bytes,
    decoded_bytes,
    flops,
    parameters,
    tokens_per_second,
)

CONFIGS = {
    "7B": LLAMA_2_7B,
    "grouped": LlamaConfig(300, 64, 112, 3, 4, 2),
    "tied": LlamaConfig(300, 64, 112, 3, 4, 1, tie_word_embeddings=True),
}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_parameters_are_those_of_the_model(config):
    with torch.device("meta"):
        model = Llama(config)
    assert parameters(config)["total"] == sum(p.numel() for p in model.parameters())


def test_the_published_number():
    assert parameters(LLAMA_2_7B)["total"] == 6_738_415_616


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_flops_are_those_counted(config):
    with torch.device("meta"), sdpa_kernel(SDPBackend.MATH):
        model, ids = Llama(config), torch.zeros(1, 16, dtype=torch.long)
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            model(ids)
    assert counter.get_total_flops() == flops(config, 16)


def test_cache_bytes_are_those_set_aside():
    config = CONFIGS["grouped"]
    with torch.device("meta"):
        cache = Llama(config).new_cache(1, 7)
    assert cache_bytes(config, 7, 4) == cache.keys.nbytes + cache.values.nbytes


def test_one_token_reads_all_but_the_embedding():
    parts = parameters(LLAMA_2_7B)
    assert decoded_bytes(LLAMA_2_7B) == 2 * (parts["total"] - parts["embedding"])
    tied = CONFIGS["tied"]
    assert decoded_bytes(tied, width=4) == 4 * parameters(tied)["total"]
    more = decoded_bytes(LLAMA_2_7B, 4096) - decoded_bytes(LLAMA_2_7B)
    assert more == cache_bytes(LLAMA_2_7B, 4096) == 2 * 2**30


@pytest.mark.parametrize(("card", "terabytes", "limit"), [
    ("A100 80 GB", 2.039, 154), ("H100", 3.35, 254), ("H200", 4.8, 363),
])
def test_the_limit_of_known_cards(card, terabytes, limit):
    assert round(tokens_per_second(LLAMA_2_7B, terabytes * 1e12)) == limit
    assert tokens_per_second(LLAMA_2_7B, terabytes * 1e12, tokens=4096) < limit - 15


@pytest.mark.parametrize("bandwidth", [0, -1.0, float("nan")])
def test_no_bandwidth_no_speed(bandwidth):
    with pytest.raises(ValueError, match="bytes a second"):
        tokens_per_second(LLAMA_2_7B, bandwidth)

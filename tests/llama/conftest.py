"""Tiny random Llamas of transformers, saved as checkpoints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

SMALL = {
    "vocab_size": 300, "hidden_size": 64, "intermediate_size": 112,
    "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
    "max_position_embeddings": 320, "rms_norm_eps": 1e-5,
    "initializer_range": 0.2,  # wide, so that no two logits are nearly equal
    "eos_token_id": 2,
}


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def theirs() -> Callable[..., LlamaForCausalLM]:
    """Builds transformers' model with random weights of a seed."""

    def build(seed: int = 0, **changes) -> LlamaForCausalLM:
        torch.manual_seed(seed)
        return LlamaForCausalLM(LlamaConfig(**SMALL | changes)).eval()

    return build


@pytest.fixture
def checkpoint(theirs, tmp_path: Path) -> Path:
    """A saved checkpoint in one file."""
    theirs().save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def some_ids(shape: tuple[int, int], seed: int = 1, vocab: int = 300) -> torch.Tensor:
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(3, vocab, shape, generator=rng)

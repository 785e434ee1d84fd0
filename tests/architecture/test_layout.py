"""The layout of the files beside what is published, and beside safetensors' own."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from mlph_lib.architecture.checkpoint import draw, write
from mlph_lib.architecture.layout import file_sizes, header, index, shards, tensors
from mlph_lib.llama import LLAMA_2_7B, LlamaConfig
from mlph_lib.llama.cost import parameters
from mlph_lib.recordings import facts

RECORDINGS = Path(__file__).resolve().parents[2] / "recordings"
TINY = LlamaConfig(300, 64, 112, 3, 4, 2)


def test_at_full_size_every_file_has_the_published_bytes():
    told = facts("chat-files", RECORDINGS)
    for name, size in file_sizes(LLAMA_2_7B).items():
        assert size == told["files"][name]["bytes"]
    stored = tensors(LLAMA_2_7B)
    assert len(stored) == told["tensors"]
    assert sum(tensor.size for tensor in stored) == told["total_size"]


def test_at_full_size_the_index_is_the_published_one():
    told = facts("chat-files", RECORDINGS)["files"]["model.safetensors.index.json"]
    assert hashlib.sha256(index(LLAMA_2_7B)).hexdigest() == told["sha256"]


def test_another_shape_has_other_bytes():
    wider = LlamaConfig(**vars(LLAMA_2_7B) | {"intermediate_size": 11016})
    assert file_sizes(wider) != file_sizes(LLAMA_2_7B)
    assert index(wider) != index(LLAMA_2_7B)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_the_bytes_are_those_that_safetensors_writes(tmp_path, dtype):
    write(tmp_path / "ours", TINY, dtype=dtype)
    for name, stored in shards(TINY).items():
        drawn = {tensor.name: x for tensor, x in draw(TINY, 0, dtype, stored)}
        save_file(drawn, tmp_path / name, metadata={"format": "pt"})
        assert (tmp_path / "ours" / name).read_bytes() == (tmp_path / name).read_bytes()
        assert load_file(tmp_path / "ours" / name).keys() == drawn.keys()


def test_the_first_bytes_are_a_multiple_of_eight():
    for stored in shards(TINY).values():
        assert len(header(stored, "F16")) % 8 == 0


@pytest.mark.parametrize("tied", [False, True])
def test_every_parameter_is_stored_once(tied):
    config = LlamaConfig(**vars(TINY) | {"tie_word_embeddings": tied})
    stored = [t for t in tensors(config) if not t.name.endswith("inv_freq")]
    assert sum(t.size for t in stored) == 2 * parameters(config)["total"]
    placed = [t.name for files in shards(config).values() for t in files]
    assert sorted(placed) == sorted(t.name for t in tensors(config))

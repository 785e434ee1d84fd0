"""Where every tensor of a Llama 2 checkpoint stands on disk, to the byte.

Meta's model was saved in 2023: shards of at most 10 GB, an index, and 32 buffers of
rotary frequencies that later code computes itself. Laid out alike, random weights
fill files of the published sizes.
"""

from __future__ import annotations

import json
import math
from typing import NamedTuple

from mlph_lib.llama import LlamaConfig

__all__ = ["INDEX", "Tensor", "file_sizes", "header", "index", "shards", "tensors"]

INDEX = "model.safetensors.index.json"
LIMIT = 10 * 10**9  # bytes of a shard; a reduced model's are smaller, so it has two
WIDTH = 2  # bytes a number, float16 or bfloat16
FREQUENCIES = "self_attn.rotary_emb.inv_freq"


class Tensor(NamedTuple):
    """Name and shape of one stored tensor, and its place among all of them."""

    name: str
    shape: tuple[int, ...]
    place: int

    @property
    def size(self) -> int:
        """Its bytes."""
        return WIDTH * math.prod(self.shape)


def tensors(config: LlamaConfig) -> list[Tensor]:
    """Every stored tensor in the order of the modules, frequencies included.

    Example:
        >>> from mlph_lib.llama import LLAMA_2_7B
        >>> len(tensors(LLAMA_2_7B)), sum(t.size for t in tensors(LLAMA_2_7B))
        (323, 13476835328)
    """
    d, m, v = config.hidden_size, config.intermediate_size, config.vocab_size
    kept = config.num_key_value_heads * config.head_dim
    block = {
        "self_attn.q_proj.weight": (d, d),
        "self_attn.k_proj.weight": (kept, d),
        "self_attn.v_proj.weight": (kept, d),
        "self_attn.o_proj.weight": (d, d),
        FREQUENCIES: (config.head_dim // 2,),
        "mlp.gate_proj.weight": (m, d),
        "mlp.up_proj.weight": (m, d),
        "mlp.down_proj.weight": (d, m),
        "input_layernorm.weight": (d,),
        "post_attention_layernorm.weight": (d,),
    }
    named = {"model.embed_tokens.weight": (v, d)}
    for layer in range(config.num_hidden_layers):
        named |= {f"model.layers.{layer}.{name}": shape for name, shape in block.items()}
    named |= {"model.norm.weight": (d,)}
    named |= {} if config.tie_word_embeddings else {"lm_head.weight": (v, d)}
    return [Tensor(name, shape, i) for i, (name, shape) in enumerate(named.items())]


def shards(config: LlamaConfig) -> dict[str, list[Tensor]]:
    """File -> its tensors by name; a shard ends before it would outgrow the limit.

    Example:
        >>> from mlph_lib.llama import LLAMA_2_7B
        >>> list(shards(LLAMA_2_7B))
        ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors']
    """
    stored = tensors(config)
    limit = min(LIMIT, 3 * sum(tensor.size for tensor in stored) // 4)
    groups: list[list[Tensor]] = [[]]
    used = 0
    for tensor in stored:
        if groups[-1] and used + tensor.size > limit:
            groups.append([])
            used = 0
        groups[-1].append(tensor)
        used += tensor.size
    return {
        f"model-{i:05}-of-{len(groups):05}.safetensors": sorted(group)
        for i, group in enumerate(groups, 1)
    }


def header(stored: list[Tensor], dtype: str) -> bytes:
    """The first bytes of a safetensors file: a length, then JSON padded to 8 bytes.

    Args:
        stored: its tensors in their order.
        dtype: as the format names it, "F16" or "BF16".

    Source: the format's description, https://github.com/huggingface/safetensors.
    """
    said: dict[str, object] = {"__metadata__": {"format": "pt"}}
    start = 0
    for tensor in stored:
        said[tensor.name] = {
            "dtype": dtype,
            "shape": list(tensor.shape),
            "data_offsets": [start, start + tensor.size],
        }
        start += tensor.size
    text = json.dumps(said, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def index(config: LlamaConfig) -> bytes:
    """Which shard holds which tensor, as transformers writes it."""
    files = shards(config)
    placed = {tensor.name: file for file, stored in files.items() for tensor in stored}
    total = sum(tensor.size for tensor in tensors(config))
    said = {"metadata": {"total_size": total}, "weight_map": placed}
    return (json.dumps(said, indent=2, sort_keys=True) + "\n").encode()


def file_sizes(config: LlamaConfig, dtype: str = "F16") -> dict[str, int]:
    """Bytes of every shard and of the index, before anything is written.

    Example:
        >>> from mlph_lib.llama import LLAMA_2_7B
        >>> file_sizes(LLAMA_2_7B)["model-00002-of-00002.safetensors"]
        3500296424
    """
    sizes = {
        file: len(header(stored, dtype)) + sum(tensor.size for tensor in stored)
        for file, stored in shards(config).items()
    }
    return sizes | {INDEX: len(index(config))}

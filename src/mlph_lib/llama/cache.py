"""Keys and values of the past, so that no token is computed twice."""

from __future__ import annotations

import torch
from torch import Tensor

from mlph_lib.llama.config import LlamaConfig

__all__ = ["Cache"]


class Cache:
    """Keys and values of the tokens so far, in memory set aside once.

    Args:
        config: the model's.
        batch: number of texts B.
        length: most tokens that fit.
        dtype, device: of the model's weights.

    Example:
        >>> from mlph_lib.llama import LLAMA_2_7B
        >>> cache = Cache(LLAMA_2_7B, 1, 2, torch.float16, torch.device("meta"))
        >>> cache.keys.shape, cache.length
        (torch.Size([32, 1, 32, 2, 128]), 0)
    """

    def __init__(
        self,
        config: LlamaConfig,
        batch: int,
        length: int,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> None:
        shape = (config.num_hidden_layers, batch, config.num_key_value_heads,
                 length, config.head_dim)
        self.keys = torch.zeros(shape, dtype=dtype, device=device)
        self.values = torch.zeros(shape, dtype=dtype, device=device)
        self.length = 0

    def add(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Store T new keys and values (B, K, T, D) of a layer; return all S of them.

        Raises:
            ValueError: if they do not fit; nothing is stored.
        """
        start, end = self.length, self.length + k.shape[2]
        self.check(end)
        self.keys[layer, :, :, start:end] = k
        self.values[layer, :, :, start:end] = v
        return self.keys[layer, :, :, :end], self.values[layer, :, :, :end]

    def check(self, end: int) -> None:
        """Refuse to hold more than there is room for."""
        room = self.keys.shape[3]
        if end > room:
            raise ValueError(
                f"the cache holds {room} tokens, {end} were to be in it: make it longer"
            )

"""Llama 2 in plain PyTorch: norm, rotary attention, gated MLP, and the loop around.

Modules carry transformers' names, so a checkpoint's keys are this model's keys.
Shapes in comments: B texts, T new tokens, S tokens so far, H query heads, K key-value
heads, D width of a head, d = H D width of the stream, V vocabulary.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mlph_lib.llama.cache import Cache
from mlph_lib.llama.config import LlamaConfig
from mlph_lib.llama.rope import angles, rotate

__all__ = ["Attention", "Block", "Llama", "MLP", "RMSNorm"]


class RMSNorm(nn.Module):
    """y = w x / sqrt(mean(x^2) + eps), over the last axis, in float32 inside.

    Source: B. Zhang and R. Sennrich, Root Mean Square Layer Normalization (2019).

    Example:
        >>> RMSNorm(2, eps=0.0)(torch.tensor([3.0, 4.0])).pow(2).mean().item()
        1.0
    """

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        y = x.float()
        y = y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + self.eps)
        return self.weight * y.to(x.dtype)


class Attention(nn.Module):
    """softmax(q k^T / sqrt(D)) v over the past, H heads; K of them own keys.

    Source: A. Vaswani et al. (2017), section 3.2; J. Ainslie et al. (2023) for K < H.
    """

    def __init__(self, config: LlamaConfig) -> None:
        super().__init__()
        d, self.width = config.hidden_size, config.head_dim
        inner = config.num_key_value_heads * self.width
        self.groups = config.num_attention_heads // config.num_key_value_heads
        self.q_proj = nn.Linear(d, d, bias=False)
        self.k_proj = nn.Linear(d, inner, bias=False)
        self.v_proj = nn.Linear(d, inner, bias=False)
        self.o_proj = nn.Linear(d, d, bias=False)

    def heads(self, x: Tensor) -> Tensor:
        """(B, T, heads D) as (B, heads, T, D)."""
        return x.unflatten(-1, (-1, self.width)).transpose(1, 2)

    def project(self, x: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, ...]:
        """Queries (B, H, T, D) and keys (B, K, T, D), turned, and values."""
        q, k = self.heads(self.q_proj(x)), self.heads(self.k_proj(x))
        return rotate(q, cos, sin), rotate(k, cos, sin), self.heads(self.v_proj(x))

    def forward(
        self, x: Tensor, turn: tuple[Tensor, Tensor], layer: int, cache: Cache | None
    ) -> Tensor:
        q, k, v = self.project(x, *turn)
        new = q.shape[2]
        if cache is not None:
            k, v = cache.add(layer, k, v)  # (B, K, S, D)
        mask = None
        if 1 < new < k.shape[2]:  # new tokens behind old ones: causal, shifted
            mask = q.new_ones(new, k.shape[2], dtype=torch.bool).tril(k.shape[2] - new)
        y = F.scaled_dot_product_attention(
            q, k, v, mask,
            is_causal=new > 1 and mask is None,
            enable_gqa=self.groups > 1,  # a group of queries shares its key head
        )
        return self.o_proj(y.transpose(1, 2).flatten(-2))  # (B, T, d)


class MLP(nn.Module):
    """W_down (silu(W_gate x) * W_up x): SwiGLU.

    Source: N. Shazeer, GLU Variants Improve Transformer, arXiv:2002.05202 (2020).
    """

    def __init__(self, config: LlamaConfig) -> None:
        super().__init__()
        d, m = config.hidden_size, config.intermediate_size
        self.gate_proj = nn.Linear(d, m, bias=False)
        self.up_proj = nn.Linear(d, m, bias=False)
        self.down_proj = nn.Linear(m, d, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Block(nn.Module):
    """x + attention(norm(x)), then x + MLP(norm(x))."""

    def __init__(self, config: LlamaConfig) -> None:
        super().__init__()
        d, eps = config.hidden_size, config.rms_norm_eps
        self.self_attn, self.mlp = Attention(config), MLP(config)
        self.input_layernorm = RMSNorm(d, eps)
        self.post_attention_layernorm = RMSNorm(d, eps)

    def forward(
        self, x: Tensor, turn: tuple[Tensor, Tensor], layer: int, cache: Cache | None
    ) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), turn, layer, cache)
        return x + self.mlp(self.post_attention_layernorm(x))


class Stack(nn.Module):
    """Embedding, L blocks and the last norm, under the checkpoint's prefix `model`."""

    def __init__(self, config: LlamaConfig) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        blocks = (Block(config) for _ in range(config.num_hidden_layers))
        self.layers = nn.ModuleList(blocks)
        self.norm = RMSNorm(config.hidden_size, config.rms_norm_eps)


class Llama(nn.Module):
    """Llama 2: token ids in, logits of every next token out.

    Args:
        config: a `LlamaConfig`; weights start as normals of standard deviation 0.02,
            drawn from torch's global generator.

    Source: H. Touvron et al., Llama 2, arXiv:2307.09288 (2023).

    Example:
        >>> config = LlamaConfig(10, 8, 16, 1, 2, 1)
        >>> model = Llama(config)
        >>> model(torch.tensor([[1, 5, 3]])).shape
        torch.Size([1, 3, 10])
    """

    def __init__(self, config: LlamaConfig) -> None:
        super().__init__()
        self.config = config
        self.model = Stack(config)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        for weight in self.parameters():
            if weight.ndim > 1:
                nn.init.normal_(weight, std=0.02)
        if config.tie_word_embeddings:
            self.lm_head.weight = self.model.embed_tokens.weight

    @classmethod
    def from_pretrained(
        cls,
        folder: str | Path,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> Llama:
        """The checkpoint in a Hugging Face folder; see `weights.load`."""
        from mlph_lib.llama.weights import load

        return load(folder, dtype, device)

    @property
    def device(self) -> torch.device:
        """Where the weights lie."""
        return self.lm_head.weight.device

    def new_cache(self, batch: int, length: int) -> Cache:
        """An empty cache for ``batch`` texts of up to ``length`` tokens.

        Raises:
            ValueError: if length is beyond max_position_embeddings.
        """
        longest = self.config.max_position_embeddings
        if length > longest:
            raise ValueError(
                f"expected at most {longest} tokens (max_position_embeddings), got "
                f"{length}"
            )
        return Cache(self.config, batch, length, self.lm_head.weight.dtype, self.device)

    def forward(self, ids: Tensor, cache: Cache | None = None) -> Tensor:
        """Logits (B, T, V) of the tokens after each of ids (B, T).

        With a cache, ids are the tokens after those in it, and join them.

        Raises:
            TypeError: if ids are no integers.
            ValueError: if they are not (B, T) with T >= 1, lie outside the
                vocabulary, or reach beyond max_position_embeddings.
        """
        return self.lm_head(self.model.norm(self.stream(ids, cache)[-1]))

    def stream(self, ids: Tensor, cache: Cache | None = None) -> list[Tensor]:
        """The residual stream (B, T, d): the embedding, then after each of L blocks."""
        start = 0 if cache is None else cache.length
        self.check(ids, start)
        turn = self.turn(start, start + ids.shape[1])
        xs = [self.model.embed_tokens(ids)]
        for layer, block in enumerate(self.model.layers):
            xs.append(block(xs[-1], turn, layer, cache))
        if cache is not None:
            cache.length += ids.shape[1]
        return xs

    def hidden_states(self, ids: Tensor) -> list[Tensor]:
        """L + 1 tensors (B, T, d), as transformers' ``output_hidden_states``.

        The last one has passed the final norm, the others have not.
        """
        xs = self.stream(ids)
        return [*xs[:-1], self.model.norm(xs[-1])]

    def generate(
        self, ids: Tensor, max_new_tokens: int, sampler=None, rng=None
    ) -> Tensor:
        """ids (B, T) with up to max_new_tokens more; see `generate.generate`."""
        from mlph_lib.llama.generate import generate

        return generate(self, ids, max_new_tokens, sampler, rng)

    def turn(self, start: int, end: int) -> tuple[Tensor, Tensor]:
        """cos and sin of the angles of positions start ... end - 1, (T, D / 2)."""
        positions = torch.arange(start, end, device=self.device)
        a = angles(positions, self.config.head_dim, self.config.rope_theta)
        dtype = self.lm_head.weight.dtype
        return a.cos().to(dtype), a.sin().to(dtype)

    def check(self, ids: Tensor, start: int = 0) -> None:
        """Refuse what are no ids of this model, to stand at positions from start on."""
        if ids.dtype not in (torch.int64, torch.int32):
            raise TypeError(f"expected integer token ids, got {ids.dtype}")
        if ids.ndim != 2 or ids.numel() == 0:
            raise ValueError(
                f"expected ids of shape (B, T) with T >= 1, got {tuple(ids.shape)}: "
                "an empty prompt is the BOS token alone"
            )
        longest = self.config.max_position_embeddings
        if start + ids.shape[1] > longest:
            raise ValueError(
                f"expected at most {longest} tokens (max_position_embeddings), got "
                f"{start + ids.shape[1]}"
            )
        if not ids.is_meta and not 0 <= int(ids.min()) <= int(ids.max()) < (
            self.config.vocab_size
        ):
            raise ValueError(
                f"expected ids from 0 to {self.config.vocab_size - 1}, got "
                f"{int(ids.min())} to {int(ids.max())}: is it this model's tokenizer?"
            )

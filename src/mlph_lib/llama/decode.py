"""The decoding step again, in as few calls as it takes: same numbers, sooner."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from mlph_lib.llama.model import Block, Llama
from mlph_lib.llama.rope import angles

__all__ = ["Decoder"]


class Layer(NamedTuple):
    """The weights of a block, the matrices transposed: x @ W^T is one call."""

    norm: Tensor
    q: Tensor
    k: Tensor
    v: Tensor
    o: Tensor
    norm_mlp: Tensor
    gate: Tensor
    up: Tensor
    down: Tensor


class Decoder:
    """p(. | x_<t) for one more token of each text, the past in a cache.

    At batch 1 a small model spends its time between the operations. So no module is
    called here, queries and keys turn in one go, residuals are added by the matrix
    product, and a group of query heads meets its keys as if it were a text of G
    tokens, which needs neither a copy of the keys nor a mask.

    Args:
        model: a `Llama`; its weights are used, not copied.
        batch: number of texts B.
        length: most tokens of a text, prompt included.

    Example:
        >>> from mlph_lib.llama import LlamaConfig
        >>> model, ids = Llama(LlamaConfig(10, 8, 16, 1, 2, 1)), torch.tensor([[1, 5]])
        >>> decoder = Decoder(model, batch=1, length=2)
        >>> _ = decoder.step(ids[:, :1])
        >>> torch.allclose(decoder.step(ids[:, 1:]), model(ids)[:, -1], atol=1e-6)
        True
    """

    def __init__(self, model: Llama, batch: int, length: int) -> None:
        c, weight = model.config, model.lm_head.weight
        self.model, self.cache = model, model.new_cache(batch, length)
        self.layers = [_weights(block) for block in model.model.layers]
        self.heads = c.num_attention_heads, c.num_key_value_heads
        a = angles(torch.arange(length, device=weight.device), c.head_dim, c.rope_theta)
        self.cos = torch.cat((a.cos(), a.cos()), -1).to(weight.dtype)  # (S, D)
        self.sin = torch.cat((-a.sin(), a.sin()), -1).to(weight.dtype)
        # eps + mean(x^2) is one product with a column of 1 / d, in float32
        d, device = c.hidden_size, weight.device
        self.mean = torch.full((d, 1), 1 / d, dtype=torch.float32, device=device)
        self.eps = torch.full_like(self.mean[:1], c.rms_norm_eps)
        widths = [n * c.head_dim for n in self.heads]
        both = weight.new_empty(batch, sum(widths))
        self.queries, self.keys = both.split(widths, 1)
        self.both = both.view(batch, -1, c.head_dim)

    @torch.inference_mode()
    def step(self, ids: Tensor) -> Tensor:
        """Append ids (B, T); the logits (B, V) of what comes next.

        The prompt passes through `Llama` and its checks; single tokens after it do
        not, so they must be ids of the vocabulary.

        Raises:
            ValueError: if they do not fit in the cache.
        """
        if self.cache.length and ids.shape[1] == 1:
            return self._next(ids[:, 0])
        inner, x = self.model.model, self.model.stream(ids, self.cache)[-1]
        return self.model.lm_head(inner.norm(x[:, -1]))

    def _next(self, ids: Tensor) -> Tensor:
        inner, cache, t = self.model.model, self.cache, self.cache.length
        cache.check(t + 1)
        x = F.embedding(ids, inner.embed_tokens.weight)  # (B, d)
        for layer, keys, values, new_key, new_value in zip(
            self.layers,
            cache.keys[..., : t + 1, :], cache.values[..., : t + 1, :],  # (B, K, S, D)
            cache.keys[..., t, :], cache.values[..., t, :],  # (B, K, D)
        ):
            h = self._norm(x, layer.norm)
            q, k = self._turn(h, layer, t)
            new_key.copy_(k)
            new_value.copy_(torch.mm(h, layer.v).view_as(k))
            y = F.scaled_dot_product_attention(q, keys, values)  # (B, K, G, D)
            x = torch.addmm(x, y.flatten(1), layer.o)
            h = self._norm(x, layer.norm_mlp)
            h = F.silu(torch.mm(h, layer.gate)).mul_(torch.mm(h, layer.up))
            x = torch.addmm(x, h, layer.down)
        cache.length = t + 1
        return torch.mm(self._norm(x, inner.norm.weight), self.model.lm_head.weight.t())

    def _norm(self, x: Tensor, weight: Tensor) -> Tensor:
        y = x.float()
        r = torch.addmm(self.eps, y * y, self.mean).rsqrt_()  # (B, 1)
        return (y * r).to(x.dtype) * weight

    def _turn(self, h: Tensor, layer: Layer, t: int) -> tuple[Tensor, Tensor]:
        """Queries (B, K, G, D) and keys (B, K, D), computed and turned side by side."""
        torch.mm(h, layer.q, out=self.queries)
        torch.mm(h, layer.k, out=self.keys)
        x = self.both  # the two above, as (B, H + K, D)
        x = torch.addcmul(x * self.cos[t], x.roll(x.shape[-1] // 2, -1), self.sin[t])
        heads, kept = self.heads
        q, k = x.split((heads, kept), 1)
        return q.unflatten(1, (kept, heads // kept)), k


def _weights(block: Block) -> Layer:
    attention, mlp = block.self_attn, block.mlp
    matrices = (attention.q_proj, attention.k_proj, attention.v_proj, attention.o_proj,
                mlp.gate_proj, mlp.up_proj, mlp.down_proj)
    q, k, v, o, gate, up, down = (m.weight.t() for m in matrices)
    norms = block.input_layernorm.weight, block.post_attention_layernorm.weight
    return Layer(norms[0], q, k, v, o, norms[1], gate, up, down)

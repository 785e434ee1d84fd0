"""The decoding step with everything in a fixed place: recorded once, then replayed.

At batch 1 a large model waits for Python to start its next operation. Here no address
and no shape depends on the position: the cache has its full length from the start,
and position and text lie on the device. So a CUDA device can record the step as a
graph and repeat it without Python, and `torch.compile` can fuse what lies between the
matrix products.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from mlph_lib.llama.model import Block, Llama
from mlph_lib.llama.rope import angles

__all__ = ["StaticDecoder"]

# lets the compiler write a product with one vector itself, and search how: library
# products reach the memory's bandwidth less well there
OPTIONS = {"coordinate_descent_tuning": True}
WARM = 3  # steps before a graph is recorded: compiling, choosing kernels


class Layer(NamedTuple):
    """The weights of a block, queries, keys and values in one matrix."""

    norm: Tensor
    qkv: Tensor
    o: Tensor
    norm_mlp: Tensor
    gate: Tensor
    up: Tensor
    down: Tensor


class StaticDecoder:
    """Greedy decoding of one text, a graph of the device a token.

    The model's projections of queries, keys and values become views of one matrix;
    no weight is held twice, and the model goes on working.

    Args:
        model: a `Llama`, gradients off.
        length: most tokens of a text, prompt included.
        compiled: whether `torch.compile` fuses each block; a block is compiled once
            for all layers.
        graph: whether to record a CUDA graph; None does on a CUDA device.

    Raises:
        ValueError: if length is none that the model has positions for.

    Source: the way of gpt-fast, https://github.com/pytorch-labs/gpt-fast (2023).

    Example:
        >>> from mlph_lib.llama import LlamaConfig
        >>> _ = torch.manual_seed(0)
        >>> model = Llama(LlamaConfig(10, 8, 16, 1, 2, 1)).requires_grad_(False)
        >>> decoder = StaticDecoder(model, length=6)
        >>> ids = torch.tensor([[1, 5]])
        >>> torch.equal(decoder.greedy(ids, 4), model.generate(ids, 4)[0])
        True
    """

    @torch.no_grad()
    def __init__(
        self,
        model: Llama,
        length: int,
        compiled: bool = False,
        graph: bool | None = None,
    ) -> None:
        c, device, dtype = model.config, model.device, model.lm_head.weight.dtype
        if not 1 <= length <= c.max_position_embeddings:
            raise ValueError(
                f"expected a length from 1 to {c.max_position_embeddings} "
                f"(max_position_embeddings), got {length}"
            )
        self.model, self.length = model, length
        self.layers = [_packed(block) for block in model.model.layers]
        heads = c.num_attention_heads, c.num_key_value_heads
        shape = (heads[1], length, c.head_dim)
        blank = {"dtype": dtype, "device": device}
        self.keys = [torch.zeros(shape, **blank) for _ in self.layers]
        self.values = [torch.zeros(shape, **blank) for _ in self.layers]
        self.slots = torch.arange(length, device=device)
        a = angles(self.slots, c.head_dim, c.rope_theta)
        self.cos = torch.cat((a.cos(), a.cos()), -1).to(dtype)  # (S, D)
        self.sin = torch.cat((-a.sin(), a.sin()), -1).to(dtype)
        self.text = torch.zeros(length, dtype=torch.long, device=device)
        self.position = torch.zeros(1, dtype=torch.long, device=device)
        self.given = torch.ones(1, dtype=torch.long, device=device)
        self.constants = heads, c.rms_norm_eps
        self.block, self.head = _block, _head
        if compiled:
            how = {"dynamic": False, "fullgraph": True, "options": OPTIONS}
            self.block = torch.compile(_block, **how)
            self.head = torch.compile(_head, **how)
        self.graph = None
        if graph or graph is None and device.type == "cuda":
            self._record()

    @torch.no_grad()
    def greedy(self, ids: Tensor, new_tokens: int) -> Tensor:
        """ids (1, T) and the likeliest new_tokens after them, as (T + new_tokens,).

        The prompt passes token by token. An EOS does not end the text. The result
        lies on the device: nothing waited for it.

        Raises:
            ValueError: if prompt and new tokens are more than there is room for.
        """
        self.model.check(ids)
        given = ids.shape[1]
        if ids.shape[0] != 1 or given + new_tokens > self.length:
            raise ValueError(
                f"expected one text of at most {self.length} tokens, got "
                f"{ids.shape[0]} of {given} and {new_tokens} new: make it longer"
            )
        self.position.zero_()
        self.given.fill_(given)
        self.text[:given] = ids[0]
        for _ in range(given + new_tokens - 1):
            self.step()
        return self.text[: given + new_tokens].clone()

    @torch.no_grad()
    def step(self) -> None:
        """Read the token at the position, write the next one, go on by one."""
        if self.graph is None:
            self._step()
        else:
            self.graph.replay()

    def _step(self) -> None:
        inner, at = self.model.model, self.position
        x = F.embedding(self.text.index_select(0, at), inner.embed_tokens.weight)
        turn = self.cos.index_select(0, at), self.sin.index_select(0, at)  # (1, D)
        unseen = self.slots > at  # (S,)
        for layer, keys, values in zip(self.layers, self.keys, self.values, strict=True):
            x = self.block(x, layer, keys, values, at, turn, unseen, *self.constants)
        norm, head = inner.norm.weight, self.model.lm_head.weight
        self.logits = self.head(x, norm, head, self.constants[1])  # (1, V)
        new = self.logits.argmax(-1)
        at.add_(1)
        here = (self.slots == at) & (at >= self.given)  # no token of the prompt
        self.text.copy_(torch.where(here, new, self.text))

    def _record(self) -> None:
        """Warm up beside the stream, then record what a step starts."""
        stream = torch.cuda.Stream(self.model.device)
        stream.wait_stream(torch.cuda.current_stream(self.model.device))
        with torch.cuda.stream(stream):
            for _ in range(WARM):
                self.position.zero_()
                self._step()
        torch.cuda.current_stream(self.model.device).wait_stream(stream)
        self.position.zero_()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._step()
        self.graph = graph


def _block(
    x: Tensor, layer: Layer, keys: Tensor, values: Tensor, at: Tensor,
    turn: tuple[Tensor, Tensor], unseen: Tensor, heads: tuple[int, int], eps: float,
) -> Tensor:
    """The stream (1, d) after one block; keys and values (K, S, D) get one row more."""
    all_heads, kept = heads
    width = keys.shape[-1]
    h = torch.mm(_norm(x, layer.norm, eps), layer.qkv.t()).view(-1, width)
    both, v = h.split((all_heads + kept, kept))
    both = both * turn[0] + both.roll(width // 2, -1) * turn[1]
    q, k = both.split((all_heads, kept))
    keys.index_copy_(1, at, k.unsqueeze(1))
    values.index_copy_(1, at, v.unsqueeze(1))
    q = q.view(kept, -1, width) * width**-0.5  # (K, G, D): scaled before, for float16
    scores = torch.bmm(q, keys.transpose(1, 2)).float()  # (K, G, S)
    p = scores.masked_fill(unseen, float("-inf")).softmax(-1).to(x.dtype)
    y = torch.bmm(p, values).view(1, -1)
    x = x + torch.mm(y, layer.o.t())
    h = _norm(x, layer.norm_mlp, eps)
    h = F.silu(torch.mm(h, layer.gate.t())) * torch.mm(h, layer.up.t())
    return x + torch.mm(h, layer.down.t())


def _head(x: Tensor, norm: Tensor, weight: Tensor, eps: float) -> Tensor:
    return torch.mm(_norm(x, norm, eps), weight.t())


def _norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    y = x.float()
    return weight * (y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + eps)).to(x.dtype)


def _packed(block: Block) -> Layer:
    """A block's weights, three projections laid one below the other."""
    attention, mlp = block.self_attn, block.mlp
    three = attention.q_proj, attention.k_proj, attention.v_proj
    qkv = torch.cat([m.weight for m in three])
    for m, rows in zip(three, qkv.split([m.out_features for m in three]), strict=True):
        m.weight.data = rows
    return Layer(
        block.input_layernorm.weight, qkv, attention.o_proj.weight,
        block.post_attention_layernorm.weight,
        mlp.gate_proj.weight, mlp.up_proj.weight, mlp.down_proj.weight,
    )

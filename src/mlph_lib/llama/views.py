"""Looking inside a forward pass: the logit lens, attention maps, residual norms."""

from __future__ import annotations

import torch
from torch import Tensor

from mlph_lib.llama.model import Llama

__all__ = ["attention_maps", "logit_lens", "residual_norms"]


@torch.no_grad()
def logit_lens(model: Llama, ids: Tensor) -> Tensor:
    """W_lm norm(h_l): what the model would say if it stopped after layer l.

    Args:
        model: a `Llama`.
        ids: (B, T).

    Returns:
        (L + 1, B, T, V) logits; row 0 reads the embedding, row L is the model's own.

    Source: nostalgebraist, Interpreting GPT: the logit lens (2020).

    Example:
        >>> from mlph_lib.llama import LlamaConfig
        >>> model, ids = Llama(LlamaConfig(10, 8, 16, 2, 2, 1)), torch.tensor([[1, 4]])
        >>> lens = logit_lens(model, ids)
        >>> lens.shape, torch.equal(lens[-1], model(ids))
        (torch.Size([3, 1, 2, 10]), True)
    """
    return torch.stack([model.lm_head(model.model.norm(h)) for h in model.stream(ids)])


@torch.no_grad()
def attention_maps(model: Llama, ids: Tensor) -> Tensor:
    """softmax(q k^T / sqrt(D)) of every layer and head, over the past of each token.

    Args:
        model: a `Llama`.
        ids: (B, T).

    Returns:
        (L, B, H, T, T) in float32; row t sums to one, and holds 0 after column t.

    Example:
        >>> from mlph_lib.llama import LlamaConfig
        >>> model = Llama(LlamaConfig(10, 8, 16, 1, 2, 1))
        >>> attention_maps(model, torch.tensor([[1, 4]]))[0, 0, :, 0]
        tensor([[1., 0.],
                [1., 0.]])
    """
    stream, turn = model.stream(ids), model.turn(0, ids.shape[1])
    return torch.stack([
        _weights(block.self_attn, block.input_layernorm(x), turn)
        for block, x in zip(model.model.layers, stream)
    ])


@torch.no_grad()
def residual_norms(model: Llama, ids: Tensor) -> Tensor:
    """|h_l|, the Euclidean norm of the residual stream, in float32.

    Returns:
        (L + 1, B, T); row 0 is the embedding, row L the stream before the last norm.

    Example:
        >>> from mlph_lib.llama import LlamaConfig
        >>> model = Llama(LlamaConfig(10, 8, 16, 2, 2, 1))
        >>> residual_norms(model, torch.tensor([[1, 4]])).shape
        torch.Size([3, 1, 2])
    """
    return torch.stack(model.stream(ids)).float().norm(dim=-1)


def _weights(attention, x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    q, k, _ = attention.project(x, *turn)
    k = k.repeat_interleave(attention.groups, 1)
    scores = (q @ k.transpose(-1, -2)).float() / attention.width**0.5
    future = torch.ones_like(scores, dtype=torch.bool).triu(1)
    return scores.masked_fill(future, -torch.inf).softmax(-1)

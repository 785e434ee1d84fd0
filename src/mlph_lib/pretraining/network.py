"""One transformer for every objective: who sees whom is the caller's mask."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["Block", "EncoderDecoder", "Transformer", "TransformerConfig", "rotation"]


@dataclass(frozen=True)
class TransformerConfig:
    """Sizes of a transformer, under transformers' names; the inner width is 4 d.

    Attributes:
        vocab_size: number V of ids.
        hidden_size: width d, a multiple of twice the number of heads.
        num_hidden_layers: number L of blocks.
        num_attention_heads: number of heads.
        type_vocab_size: how many texts one input may hold (0: no such embedding).

    Raises:
        ValueError: if a size is not positive or the heads do not divide the width.

    Example:
        >>> TransformerConfig(vocab_size=23).head_dim
        16
    """

    vocab_size: int
    hidden_size: int = 64
    num_hidden_layers: int = 2
    num_attention_heads: int = 4
    type_vocab_size: int = 0

    def __post_init__(self) -> None:
        sizes = ("vocab_size", "hidden_size", "num_hidden_layers")
        for name in (*sizes, "num_attention_heads"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")
        if self.hidden_size % (2 * self.num_attention_heads):
            raise ValueError(
                "hidden_size must be a multiple of twice num_attention_heads, because "
                f"rotary positions turn pairs; got {self.hidden_size} and "
                f"{self.num_attention_heads}"
            )

    @property
    def head_dim(self) -> int:
        """Width of one head."""
        return self.hidden_size // self.num_attention_heads


def rotation(positions: Tensor, width: int) -> Tensor:
    """exp(i p theta_j), theta_j = 10000^(-2 j / width): the turn of pair j at p.

    Args:
        positions: shape (..., T).
        width: width of a head.

    Returns:
        complex64, shape (..., T, width / 2).

    Source: J. Su et al., RoFormer: enhanced transformer with rotary position
    embedding, Neurocomputing 568 (2024), section 3.2.

    Example:
        >>> rotation(torch.tensor([0, 3]), 2)[:, 0].angle()
        tensor([0., 3.])
    """
    pairs = torch.arange(0, width, 2, device=positions.device)
    angle = positions[..., None] * 10_000.0 ** (-pairs / width)
    return torch.polar(torch.ones_like(angle), angle)


def rotate(x: Tensor, by: Tensor) -> Tensor:
    """Turn the pairs (x_0, x_1), (x_2, x_3), ... of each row by its position."""
    pairs = torch.view_as_complex(x.unflatten(-1, (-1, 2)))
    return torch.view_as_real(pairs * by).flatten(-2)


class Attention(nn.Module):
    """softmax(q k^T / sqrt(d_head)) v, where the mask lets row t see column s."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        d = config.hidden_size
        self.heads = config.num_attention_heads
        self.q = nn.Linear(d, d, bias=False)
        self.kv = nn.Linear(d, 2 * d, bias=False)
        self.o = nn.Linear(d, d, bias=False)

    def forward(
        self, x: Tensor, memory: Tensor, mask: Tensor, turn: Tensor, turn_memory: Tensor
    ) -> Tensor:
        q = self.split(self.q(x))  # (B, heads, T, d_head)
        k, v = map(self.split, self.kv(memory).chunk(2, dim=-1))  # (B, heads, S, ...)
        q, k = rotate(q, turn), rotate(k, turn_memory)
        # A boolean mask: a row that may look nowhere comes out as zeros.
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask.unsqueeze(-3))
        return self.o(y.transpose(1, 2).flatten(2))  # (B, T, d)

    def split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class Block(nn.Module):
    """x + attention(norm(x)), perhaps + cross-attention, then + mlp(norm(x))."""

    def __init__(self, config: TransformerConfig, cross: bool = False) -> None:
        super().__init__()
        d = config.hidden_size
        self.norm1, self.attention = nn.LayerNorm(d, bias=False), Attention(config)
        self.norm_cross = nn.LayerNorm(d, bias=False) if cross else None
        self.cross = Attention(config) if cross else None
        self.norm2 = nn.LayerNorm(d, bias=False)
        self.up = nn.Linear(d, 4 * d, bias=False)
        self.down = nn.Linear(4 * d, d, bias=False)

    def forward(
        self,
        x: Tensor,
        mask: Tensor,
        turn: Tensor,
        memory: Tensor | None = None,
        memory_mask: Tensor | None = None,
        memory_turn: Tensor | None = None,
    ) -> Tensor:
        keys = mask.shape[-1]  # rows behind the keys look at them and are seen by none
        y = self.norm1(x)
        x = x + self.attention(y, y[:, :keys], mask, turn, turn[..., :keys, :])
        if self.cross is not None:
            y = self.norm_cross(x)
            x = x + self.cross(y, memory, memory_mask, turn, memory_turn)
        # ReLU, as in T5: GELU learns no better here and takes a tenth of the step.
        return x + self.down(F.relu(self.up(self.norm2(x))))


class Transformer(nn.Module):
    """Ids and a boolean mask in, hidden states out; pre-norm, no biases.

    A full mask makes it an encoder, a triangle a decoder. With fewer keys than rows
    it has two streams: the rows behind the keys look and are not looked at.

    Positions are rotary: attention sees t - s alone, as a stationary language asks,
    and at equal steps on Mess3 the gap to the limit is half that of learned ones.

    Args:
        config: the sizes.
        cross: whether each block also looks at a memory (a decoder above an encoder).

    Example:
        >>> net = Transformer(TransformerConfig(vocab_size=23))
        >>> causal = torch.ones(1, 8, 8, dtype=torch.bool).tril()
        >>> net(torch.zeros(5, 8, dtype=torch.long), causal).shape
        torch.Size([5, 8, 64])
    """

    def __init__(self, config: TransformerConfig, cross: bool = False) -> None:
        super().__init__()
        self.config, d = config, config.hidden_size
        self.tokens = nn.Embedding(config.vocab_size, d)
        self.types = None
        if config.type_vocab_size:
            self.types = nn.Embedding(config.type_vocab_size, d)
        layers = range(config.num_hidden_layers)
        self.blocks = nn.ModuleList(Block(config, cross) for _ in layers)
        self.norm = nn.LayerNorm(d, bias=False)

    def forward(
        self,
        ids: Tensor,
        mask: Tensor,
        positions: Tensor | None = None,
        types: Tensor | None = None,
        memory: Tensor | None = None,
        memory_mask: Tensor | None = None,
    ) -> Tensor:
        """The hidden states of every row.

        Args:
            ids: shape (B, T).
            mask: boolean, shape (B, T, K) or (1, T, K), K <= T; True = may look.
            positions: shape (T,) or (B, T); None counts from 0.
            types: which text a token is from, shape (B, T), or None.
            memory: what cross-attention looks at, shape (B, S, d).
            memory_mask: boolean, shape (B, T, S) or (1, T, S).

        Returns:
            float tensor, shape (B, T, d).
        """
        width = self.config.head_dim
        if positions is None:
            positions = torch.arange(ids.shape[-1], device=ids.device)
        turn = rotation(positions.unsqueeze(-2), width)  # (..., 1, T, d_head / 2)
        turn_memory = None
        if memory is not None:
            rows = torch.arange(memory.shape[1], device=ids.device)
            turn_memory = rotation(rows, width)
        h = self.tokens(ids)
        if self.types is not None:
            h = h + self.types(types)
        for block in self.blocks:
            h = block(h, mask, turn, memory, memory_mask, turn_memory)
        return self.norm(h)


class EncoderDecoder(nn.Module):
    """A decoder that looks at an encoder's states; both share the embedding.

    Args:
        config: the sizes of each half, so L + L blocks.
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Transformer(config)
        self.decoder = Transformer(config, cross=True)
        self.decoder.tokens = self.encoder.tokens

    def forward(
        self,
        ids: Tensor,
        mask: Tensor,
        source: Tensor,
        source_mask: Tensor,
        cross_mask: Tensor,
    ) -> Tensor:
        """The decoder's hidden states, shape (B, T, d).

        Args:
            ids, mask: of the decoder, shapes (B, T) and (B or 1, T, T).
            source, source_mask: of the encoder, shapes (B, S) and (B or 1, S, S).
            cross_mask: who sees which source token, shape (B or 1, T, S).
        """
        memory = self.encoder(source, source_mask)
        return self.decoder(ids, mask, memory=memory, memory_mask=cross_mask)

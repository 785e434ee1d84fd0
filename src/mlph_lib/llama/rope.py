"""Rotary position embedding: pairs of coordinates turned by the position."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["angles", "interleave", "rotate", "rotate_interleaved", "split_halves"]


def angles(positions: Tensor, head_dim: int, theta: float = 10000.0) -> Tensor:
    """t theta^(-2 i / d) for position t and pair i = 0 ... d / 2 - 1, in float32.

    Args:
        positions: (T,) positions t.
        head_dim: width d of a head, even.
        theta: base of the frequencies.

    Returns:
        (T, d / 2) angles in radians.

    Source: J. Su et al., RoFormer, arXiv:2104.09864 (2021), section 3.2.

    Example:
        >>> angles(torch.tensor([0, 1]), 4, theta=100.0)
        tensor([[0.0000, 0.0000],
                [1.0000, 0.1000]])
    """
    i = torch.arange(0, head_dim, 2, device=positions.device).float()
    # Inverted first, as Meta and Hugging Face do: the same rounding at position 4,000.
    return positions.float()[:, None] * (1.0 / theta ** (i / head_dim))


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn the pairs (x_i, x_(i + d/2)): Hugging Face's layout, split halves.

    Args:
        x: (..., T, d) queries or keys.
        cos, sin: (T, d / 2) of the `angles`.

    Returns:
        (..., T, d), the norm of each pair unchanged.

    Example:
        >>> quarter = torch.tensor([[torch.pi / 2]])
        >>> x = rotate(torch.tensor([[1.0, 0.0]]), quarter.cos(), quarter.sin())
        >>> x.round().tolist()
        [[-0.0, 1.0]]
    """
    a, b = x.chunk(2, dim=-1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), dim=-1)


def rotate_interleaved(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn the pairs (x_2i, x_(2i+1)): Meta's layout.

    Shapes as for `rotate`; the two agree up to the order of coordinates,
    ``rotate_interleaved(interleave(x)) == interleave(rotate(x))``.

    Example:
        >>> quarter = torch.tensor([[torch.pi / 2]])
        >>> x = torch.tensor([[1.0, 0.0]])
        >>> rotate_interleaved(x, quarter.cos(), quarter.sin()).round().tolist()
        [[-0.0, 1.0]]
    """
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack((a * cos - b * sin, b * cos + a * sin), dim=-1).flatten(-2)


def interleave(x: Tensor) -> Tensor:
    """(x_0 ... x_(d-1)) in split halves to Meta's order: (x_0, x_(d/2), x_1, ...).

    Example:
        >>> interleave(torch.arange(6)).tolist()
        [0, 3, 1, 4, 2, 5]
    """
    return torch.stack(x.chunk(2, dim=-1), dim=-1).flatten(-2)


def split_halves(x: Tensor) -> Tensor:
    """The way back: even coordinates first, then the odd ones.

    Applied to the rows of W_q and W_k head by head, this turns Meta's checkpoint
    into Hugging Face's; the scores q k^T do not change.

    Example:
        >>> split_halves(interleave(torch.arange(6))).tolist()
        [0, 1, 2, 3, 4, 5]
    """
    return torch.cat((x[..., 0::2], x[..., 1::2]), dim=-1)

"""Two layouts of the rotary pairs, one set of scores."""

from __future__ import annotations

import torch
from transformers import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

from mlph_lib.llama.rope import (
    angles,
    interleave,
    rotate,
    rotate_interleaved,
    split_halves,
)


def turn(tokens: int, width: int):
    a = angles(torch.arange(tokens), width)
    return a.cos(), a.sin()


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=rng, dtype=torch.float64)


def test_the_layouts_agree_up_to_the_order_of_coordinates():
    x, t = draw(2, 3, 7, 16), turn(7, 16)
    assert torch.allclose(rotate_interleaved(interleave(x), *t), interleave(rotate(x, *t)))


def test_meta_rows_permuted_give_hugging_face_scores():
    """W_q and W_k in Meta's order; their rows in split halves for Hugging Face."""
    width, tokens = 8, 5
    wq, wk = draw(width, 12, seed=1), draw(width, 12, seed=2)
    x, t = draw(tokens, 12, seed=3), turn(tokens, width)
    meta = rotate_interleaved(x @ wq.T, *t) @ rotate_interleaved(x @ wk.T, *t).T
    theirs = rotate(x @ split_halves(wq.T), *t) @ rotate(x @ split_halves(wk.T), *t).T
    unpermuted = rotate(x @ wq.T, *t) @ rotate(x @ wk.T, *t).T
    assert torch.allclose(meta, theirs, atol=1e-12)
    assert (meta - unpermuted).abs().max() > 0.1  # without it the scores are others


def test_the_order_is_the_one_of_the_published_conversion():
    """Head by head, rows (i, side) become (side, i)."""
    heads, width = 3, 8
    w = draw(heads * width, 5, seed=7)
    published = w.view(heads, width // 2, 2, 5).transpose(1, 2).reshape(-1, 5)
    ours = split_halves(w.T.unflatten(1, (heads, width))).flatten(1).T
    assert torch.equal(ours, published)


def test_angles_are_transformers_own_to_the_last_bit():
    config = LlamaConfig(hidden_size=64, num_attention_heads=2,
                         rope_parameters={"rope_type": "default", "rope_theta": 1e4})
    positions = torch.arange(4096)
    cos, sin = LlamaRotaryEmbedding(config)(torch.zeros(1), positions[None])
    a = angles(positions, 32)
    assert torch.equal(a.cos(), cos[0, :, :16]) and torch.equal(a.sin(), sin[0, :, 16:])


def test_scores_depend_on_the_distance_alone():
    q, k = draw(1, 16, seed=4), draw(1, 16, seed=5)
    a = angles(torch.arange(100).double(), 16)
    cos, sin = a.cos(), a.sin()

    def score(i: int, j: int) -> torch.Tensor:
        return rotate(q, cos[[i]], sin[[i]]) @ rotate(k, cos[[j]], sin[[j]]).T

    assert torch.allclose(score(7, 3), score(97, 93), atol=1e-4)
    assert (score(7, 3) - score(7, 4)).abs() > 1e-3


def test_a_turn_keeps_lengths_and_position_zero():
    x, t = draw(4, 6, 8, seed=6), turn(6, 8)
    y = rotate(x, *t)
    assert torch.allclose(y.norm(dim=-1), x.norm(dim=-1))
    assert torch.equal(y[:, 0], x[:, 0])

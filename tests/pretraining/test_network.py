"""The network: who sees whom, by the mask alone; attention as its formula says."""

import math

import pytest
import torch
import torch.nn.functional as F

from mlph_lib.pretraining.network import (
    Attention,
    EncoderDecoder,
    Transformer,
    TransformerConfig,
    rotate,
    rotation,
)

SMALL = TransformerConfig(11, 16, num_hidden_layers=2, num_attention_heads=2)
T = 6


def masks(kind):
    full = torch.ones(1, T, T, dtype=torch.bool)
    if kind == "prefix":
        return full.tril() | (torch.arange(T) < 3)
    if kind == "random":
        torch.manual_seed(3)
        return torch.rand(1, T, T) < 0.3
    return full.tril() if kind == "causal" else full


def reach(mask, layers):
    """[t, s]: whether the state of t after `layers` blocks can depend on token s."""
    one = (mask[0] | torch.eye(T, dtype=torch.bool)).float()
    return torch.linalg.matrix_power(one, layers) > 0


@pytest.fixture
def net():
    torch.manual_seed(0)
    return Transformer(SMALL)


def moved(run, ids, j):
    """Which rows change when token j does."""
    other = ids.clone()
    other[:, j] = (other[:, j] + 1) % 11
    return (run(ids) != run(other)).any(-1)[0]


@pytest.mark.parametrize("kind", ["full", "causal", "prefix", "random"])
def test_exactly_the_allowed_rows_move(net, kind):
    mask, ids = masks(kind), torch.arange(T)[None]
    for j in range(T):
        got = moved(lambda x: net(x, mask), ids, j)
        assert torch.equal(got, reach(mask, 2)[:, j])


def test_a_mask_of_large_negative_numbers_leaks_where_a_boolean_one_does_not():
    """A row that may look nowhere: zeros by the boolean mask, the mean of all else."""
    torch.manual_seed(0)
    q, k, v = torch.randn(3, 1, 1, 4, 8)
    nothing = torch.zeros(1, 1, 4, 4, dtype=torch.bool)
    seen = F.scaled_dot_product_attention(q, k, v, attn_mask=nothing)
    assert torch.equal(seen, torch.zeros_like(v))
    leaky = F.scaled_dot_product_attention(q, k, v, attn_mask=nothing.float() - 1e30)
    torch.testing.assert_close(leaky, v.mean(2, keepdim=True).expand_as(v))


def test_a_row_that_sees_nothing_keeps_gradients_finite(net):
    mask = torch.ones(1, T, T, dtype=torch.bool).tril(-1)  # the first row is empty
    net(torch.arange(T)[None], mask).sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in net.parameters())


def test_attention_is_its_formula():
    torch.manual_seed(1)
    layer, mask = Attention(SMALL).double(), masks("causal")
    x = torch.randn(2, T, 16, dtype=torch.double)
    turn = rotation(torch.arange(T), 8).to(torch.complex128)
    got = layer(x, x, mask, turn, turn)
    q, (k, v) = layer.q(x), layer.kv(x).chunk(2, -1)
    expected = []
    for head in range(2):
        cut = slice(8 * head, 8 * head + 8)
        a, b = rotate(q[..., cut], turn), rotate(k[..., cut], turn)
        scores = (a @ b.mT) / math.sqrt(8)
        scores = scores.masked_fill(~mask, -math.inf)
        expected.append(scores.softmax(-1) @ v[..., cut])
    torch.testing.assert_close(got, layer.o(torch.cat(expected, -1)))


def test_rotation_is_transformers():
    """transformers splits a head in halves where this network takes neighbours."""
    from transformers import LlamaConfig
    from transformers.models.llama.modeling_llama import (
        LlamaRotaryEmbedding,
        apply_rotary_pos_emb,
    )

    config = LlamaConfig(hidden_size=16, num_attention_heads=2, num_hidden_layers=1)
    x, positions = torch.randn(1, 2, T, 8), torch.arange(T)
    cos, sin = LlamaRotaryEmbedding(config)(x, positions[None])
    halves = x.unflatten(-1, (4, 2)).mT.flatten(-2)
    theirs, _ = apply_rotary_pos_emb(halves, halves, cos, sin)
    ours = rotate(x, rotation(positions, 8)).unflatten(-1, (4, 2)).mT.flatten(-2)
    torch.testing.assert_close(ours, theirs)


def test_only_distances_count(net):
    ids, mask = torch.arange(T)[None], masks("full")
    moved_on = net(ids, mask, positions=torch.arange(T) + 50)
    torch.testing.assert_close(net(ids, mask), moved_on, rtol=1e-4, atol=1e-5)
    stretched = net(ids, mask, positions=2 * torch.arange(T))
    assert (net(ids, mask) - stretched).abs().max() > 1e-3


def test_rows_behind_the_keys_look_and_are_not_looked_at(net):
    ids = torch.arange(T + 2)[None]
    mask = torch.cat([masks("causal"), torch.ones(1, 2, T, dtype=torch.bool)], dim=1)
    positions = torch.tensor([*range(T), 1, 2])

    def run(x):
        return net(x, mask, positions=positions)

    assert moved(run, ids, 0).all()
    assert moved(run, ids, T).tolist() == [False] * T + [True, False]
    alone = net(ids[:, :T], masks("causal"))
    torch.testing.assert_close(run(ids)[:, :T], alone)


def test_a_decoder_sees_its_source_but_no_padding():
    torch.manual_seed(0)
    net = EncoderDecoder(SMALL)
    seen = torch.tensor([[True, True, True, False]])
    own, cross = seen[:, None].expand(1, 4, 4), seen[:, None].expand(1, T, 4)
    ids, source = torch.arange(T)[None], torch.arange(4)[None]

    def of_source(s):
        return net(ids, masks("causal"), s, own, cross)

    def of_target(x):
        return net(x, masks("causal"), source, own, cross)

    assert moved(of_source, source, 0).all()
    assert not moved(of_source, source, 3).any()
    assert moved(of_target, ids, 2).tolist() == [False] * 2 + [True] * 4


def test_a_text_is_told_from_another_by_its_type():
    torch.manual_seed(0)
    config = TransformerConfig(11, 16, 1, 2, type_vocab_size=2)
    net, ids = Transformer(config), torch.zeros(1, T, dtype=torch.long)
    one, other = (net(ids, masks("full"), types=ids + k) for k in (0, 1))
    assert (one != other).any()


@pytest.mark.parametrize(("layers", "width"), [(1, 16), (3, 32)])
def test_weights_in_matmuls_are_12_l_d_squared(layers, width):
    net = Transformer(TransformerConfig(11, width, layers, 2))
    matrices = sum(p.numel() for p in net.blocks.parameters() if p.ndim == 2)
    assert matrices == 12 * layers * width**2
    assert not any("bias" in name for name, _ in net.named_parameters())


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"vocab_size": 0}, "vocab_size must be positive, got 0"),
        ({"num_hidden_layers": 0}, "num_hidden_layers must be positive"),
        ({"num_attention_heads": 0}, "num_attention_heads must be positive"),
        ({"hidden_size": 36}, "multiple of twice num_attention_heads.*got 36 and 4"),
    ],
)
def test_sizes_that_make_no_network_are_refused(sizes, words):
    with pytest.raises(ValueError, match=words):
        TransformerConfig(**{"vocab_size": 5, **sizes})

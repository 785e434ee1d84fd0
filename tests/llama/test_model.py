"""Our Llama beside transformers' on the same random weights."""

from __future__ import annotations

import pytest
import torch

from mlph_lib.llama import Llama, LlamaConfig
from tests.llama.conftest import some_ids

SHAPES = {
    "multi-head": {"num_key_value_heads": 4},
    "grouped": {"num_key_value_heads": 2},
    "one key head": {"num_key_value_heads": 1},
    "wide heads": {"num_attention_heads": 2, "num_key_value_heads": 1},
    "deep": {"num_hidden_layers": 7, "hidden_size": 48, "intermediate_size": 130},
    "other base": {"rope_theta": 500000.0, "rms_norm_eps": 1e-6},
    "tied": {"tie_word_embeddings": True},
}


def pair(theirs, tmp_path, **changes):
    model = theirs(**changes)
    model.save_pretrained(tmp_path)
    return model, Llama.from_pretrained(tmp_path)


@pytest.mark.parametrize("changes", SHAPES.values(), ids=SHAPES)
@torch.no_grad()
def test_logits_and_every_hidden_state_agree(theirs, tmp_path, changes):
    model, ours = pair(theirs, tmp_path, **changes)
    ids = some_ids((3, 40))
    wanted = model(ids, output_hidden_states=True)
    assert wanted.logits.std() > 0.5  # far from a model that says nothing
    # both round in float32 at magnitude |logit|: 1e-5 of the largest one
    scale = max(1.0, wanted.logits.abs().max().item())
    assert (ours(ids) - wanted.logits).abs().max() <= 1e-5 * scale
    states = ours.hidden_states(ids)
    assert len(states) == len(wanted.hidden_states)
    for mine, other in zip(states, wanted.hidden_states):
        scale = max(1.0, other.abs().max().item())
        assert (mine - other).abs().max() <= 1e-5 * scale


@torch.no_grad()
def test_plain_initial_weights_agree_to_1e_5(theirs, tmp_path):
    model, ours = pair(theirs, tmp_path, initializer_range=0.02)
    ids = some_ids((2, 64))
    assert (ours(ids) - model(ids).logits).abs().max() <= 1e-5


@pytest.mark.parametrize("cuts", [(1,) * 12, (5, 7), (11, 1), (1, 4, 3, 4)])
@torch.no_grad()
def test_cached_equals_uncached(theirs, tmp_path, cuts):
    _, ours = pair(theirs, tmp_path)
    ids, cache, parts = some_ids((2, 12)), ours.new_cache(2, 12), []
    for part in ids.split(cuts, dim=1):
        parts.append(ours(part, cache))
    assert cache.length == 12
    assert torch.allclose(torch.cat(parts, 1), ours(ids), rtol=0, atol=2e-5)


@torch.no_grad()
def test_no_token_sees_the_future(theirs, tmp_path):
    _, ours = pair(theirs, tmp_path)
    ids = some_ids((1, 10))
    other = ids.clone()
    other[0, 6] = (ids[0, 6] - 3 + 1) % 297 + 3
    moved = (ours(ids) - ours(other)).abs().amax(-1)[0]
    assert moved[:6].max() == 0 and moved[6:].min() > 0


@torch.no_grad()
def test_rows_of_a_batch_do_not_touch(theirs, tmp_path):
    _, ours = pair(theirs, tmp_path)
    ids = some_ids((3, 9))
    alone = torch.cat([ours(row[None]) for row in ids])
    assert torch.allclose(ours(ids), alone, rtol=0, atol=1e-5)


def test_a_fresh_model_learns(theirs):
    torch.manual_seed(0)
    model = Llama(LlamaConfig(50, 32, 64, 2, 4, 2))
    ids = some_ids((4, 12), vocab=50)
    before = torch.nn.functional.cross_entropy(model(ids).flatten(0, 1), ids.flatten())
    assert abs(before.item() - torch.log(torch.tensor(50.0)).item()) < 0.1
    before.backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_gradients_are_transformers_own(theirs):
    model = theirs()
    ours = Llama(LlamaConfig(300, 64, 112, 3, 4, 2, 320))
    ours.load_state_dict(model.state_dict())
    ours.generate(torch.tensor([[1]]), 3)  # leaves nothing behind that training meets
    ids = some_ids((2, 20))
    for logits in (model(ids).logits, ours(ids)):
        torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids.flatten()).backward()
    wanted = dict(model.named_parameters())
    for name, p in ours.named_parameters():
        scale = wanted[name].grad.abs().max()
        assert (p.grad - wanted[name].grad).abs().max() <= 1e-4 * scale, name


BAD = {
    "floats": (torch.zeros(1, 3), TypeError, "integer token ids"),
    "one axis": (torch.tensor([1, 2]), ValueError, r"shape \(B, T\)"),
    "empty": (torch.zeros(1, 0, dtype=torch.long), ValueError, "BOS token alone"),
    "negative": (torch.tensor([[-1]]), ValueError, "from 0 to 299"),
    "beyond": (torch.tensor([[300]]), ValueError, "tokenizer"),
    "too long": (torch.ones(1, 321, dtype=torch.long), ValueError, "at most 320"),
}


@pytest.mark.parametrize(("ids", "error", "says"), BAD.values(), ids=BAD)
def test_bad_ids_are_refused(checkpoint, ids, error, says):
    with pytest.raises(error, match=says):
        Llama.from_pretrained(checkpoint)(ids)


def test_a_full_cache_refuses_and_keeps_what_it_has(checkpoint):
    model = Llama.from_pretrained(checkpoint)
    cache = model.new_cache(1, 3)
    model(torch.tensor([[1, 5]]), cache)
    with pytest.raises(ValueError, match="holds 3 tokens, 4"):
        model(torch.tensor([[6, 7]]), cache)
    assert cache.length == 2


def test_no_cache_is_longer_than_the_model_can_use(checkpoint):
    with pytest.raises(ValueError, match="at most 320"):
        Llama.from_pretrained(checkpoint).new_cache(1, 321)

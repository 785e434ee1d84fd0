"""The step in a fixed place beside the model that it stands for."""

from __future__ import annotations

import pytest
import torch

from mlph_lib.llama import Llama
from mlph_lib.llama.static import StaticDecoder
from tests.llama.conftest import some_ids

SHAPES = {
    "multi-head": {"num_key_value_heads": 4},
    "grouped": {"num_key_value_heads": 2},
    "one key head": {"num_key_value_heads": 1},
    "tied": {"tie_word_embeddings": True},
    "other constants": {"rope_theta": 5e5, "rms_norm_eps": 0.1},
}


def load(theirs, folder, dtype=torch.float32, **changes):
    theirs(**changes).save_pretrained(folder)
    return Llama.from_pretrained(folder, dtype)


@pytest.mark.parametrize("changes", SHAPES.values(), ids=SHAPES)
@torch.no_grad()
def test_every_step_is_the_models(theirs, tmp_path, changes):
    model = load(theirs, tmp_path, **changes)
    ids, decoder = some_ids((1, 24)), StaticDecoder(model, 24)
    wanted = model(ids)[0]
    decoder.text[:] = ids[0]
    decoder.given.fill_(24)
    for t in range(24):
        decoder.step()
        apart = (decoder.logits[0] - wanted[t]).abs().max()
        assert apart <= 1e-5 * wanted.abs().max()


@torch.no_grad()
def test_it_says_what_the_model_says_and_says_it_again(theirs, tmp_path):
    model = load(theirs, tmp_path)
    prompts = some_ids((1, 5)), some_ids((1, 9), seed=2)
    decoder = StaticDecoder(model, 30)
    for ids in (*prompts, prompts[0]):  # nothing of the text before is left
        wanted = ids
        for _ in range(16):
            new = model(wanted)[:, -1].argmax(-1, keepdim=True)
            wanted = torch.cat((wanted, new), 1)
        assert torch.equal(decoder.greedy(ids, 16), wanted[0])


@torch.no_grad()
def test_the_model_goes_on_working_and_no_weight_is_held_twice(theirs, tmp_path):
    model = load(theirs, tmp_path, num_key_value_heads=2)
    ids = some_ids((1, 12))
    before = model(ids)
    decoder = StaticDecoder(model, 12)
    assert torch.equal(model(ids), before)
    attention, packed = model.model.layers[1].self_attn, decoder.layers[1].qkv
    rows = 0
    for part in (attention.q_proj, attention.k_proj, attention.v_proj):
        start = packed.data_ptr() + rows * packed.stride(0) * packed.element_size()
        assert part.weight.data_ptr() == start
        rows += part.out_features
    assert rows == len(packed)


@torch.no_grad()
def test_half_precision_differs_by_its_rounding_alone(theirs, tmp_path):
    exact, ids = load(theirs, tmp_path), some_ids((1, 20))
    wanted = exact(ids)[0]
    model = Llama.from_pretrained(tmp_path, torch.bfloat16)
    decoder, errors = StaticDecoder(model, 20), []
    decoder.text[:] = ids[0]
    decoder.given.fill_(20)
    for t in range(20):
        decoder.step()
        errors.append((decoder.logits[0].float() - wanted[t]).square().mean())
    plain = (model(ids)[0].float() - wanted).square().mean()
    assert torch.stack(errors).mean() < 2 * plain


def test_one_block_is_traced_for_all_layers(theirs, tmp_path, monkeypatch):
    import torch._dynamo.utils as counted

    real = torch.compile

    def traced(function, *, options, **how):  # all of it but the compiler itself
        return real(function, backend="eager", **how)

    monkeypatch.setattr(torch, "compile", traced)
    model = load(theirs, tmp_path, num_hidden_layers=5)
    ids = some_ids((1, 4))
    plain = StaticDecoder(model, 16).greedy(ids, 12)
    torch._dynamo.reset()
    counted.counters.clear()
    assert torch.equal(StaticDecoder(model, 16, compiled=True).greedy(ids, 12), plain)
    assert counted.counters["stats"]["unique_graphs"] == 2  # a block, the head
    assert not counted.counters["graph_break"]


@pytest.mark.parametrize("length", [0, 321])
def test_a_length_without_positions_is_refused(theirs, tmp_path, length):
    with pytest.raises(ValueError, match=f"from 1 to 320 .* got {length}"):
        StaticDecoder(load(theirs, tmp_path), length)


@pytest.mark.parametrize(("shape", "new"), [((1, 6), 5), ((2, 3), 1)])
def test_what_does_not_fit_is_refused(theirs, tmp_path, shape, new):
    decoder = StaticDecoder(load(theirs, tmp_path), 10)
    with pytest.raises(ValueError, match="one text of at most 10 tokens"):
        decoder.greedy(some_ids(shape), new)


def test_a_graph_replays_the_step(theirs, tmp_path):
    """Without a CUDA device: what stands for the graph is asked, and nothing else."""
    model, ids = load(theirs, tmp_path), some_ids((1, 3))
    decoder = StaticDecoder(model, 12)
    plain = decoder.greedy(ids, 8)

    class Graph:
        replays = 0

        def replay(self) -> None:
            self.replays += 1
            decoder._step()

    decoder.graph = Graph()
    assert torch.equal(decoder.greedy(ids, 8), plain)
    assert decoder.graph.replays == 3 + 8 - 1

"""The lean step beside the model that it stands for."""

from __future__ import annotations

import pytest
import torch

from mlph_lib.llama import Llama
from mlph_lib.llama.decode import Decoder
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
@pytest.mark.parametrize("batch", [1, 3])
@torch.no_grad()
def test_every_step_is_the_models(theirs, tmp_path, changes, batch):
    model = load(theirs, tmp_path, **changes)
    ids = some_ids((batch, 40))
    wanted, decoder = model(ids), Decoder(model, batch, 40)
    scale = wanted.abs().max()
    for start, end in [(0, 1), (1, 2), (2, 9), *((t, t + 1) for t in range(9, 40))]:
        got = decoder.step(ids[:, start:end])
        assert (got - wanted[:, end - 1]).abs().max() <= 1e-5 * scale
    assert decoder.cache.length == 40


@torch.no_grad()
def test_half_precision_differs_by_its_rounding_alone(theirs, tmp_path):
    model = load(theirs, tmp_path)
    ids = some_ids((1, 30))
    wanted = model(ids)
    errors = []
    model = model.bfloat16()
    decoder = Decoder(model, 1, 30)
    for t in range(30):
        lean = decoder.step(ids[:, t : t + 1]).float()
        errors.append((lean - wanted[:, t]).square().mean())
    plain = (model(ids).float() - wanted).square().mean()
    assert torch.stack(errors).mean() < 2 * plain


@torch.no_grad()
def test_a_shorter_past_is_stepped_on_from(theirs, tmp_path):
    model = load(theirs, tmp_path)
    ids, decoder = some_ids((1, 12)), Decoder(model, 1, 12)
    decoder.step(ids[:, :9])
    decoder.step(ids[:, 9:10])
    decoder.cache.length = 4
    got = decoder.step(ids[:, 11:])
    wanted = model(torch.cat((ids[:, :4], ids[:, 11:]), 1))[:, -1]
    assert torch.allclose(got, wanted, rtol=0, atol=1e-4)


def test_a_full_cache_refuses(checkpoint):
    model = Llama.from_pretrained(checkpoint)
    decoder = Decoder(model, 1, 2)
    decoder.step(torch.tensor([[1, 5]]))
    with pytest.raises(ValueError, match="holds 2 tokens, 3"):
        decoder.step(torch.tensor([[6]]))
    assert decoder.cache.length == 2
    with pytest.raises(ValueError, match="at most 320"):
        Decoder(model, 1, 321)

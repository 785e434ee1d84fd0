"""Views show what the forward pass does, against transformers."""

from __future__ import annotations

import pytest
import torch

from mlph_lib.llama import Llama
from mlph_lib.llama.views import attention_maps, logit_lens, residual_norms
from tests.llama.conftest import some_ids


@pytest.fixture
def pair(theirs, tmp_path):
    model = theirs()
    model.save_pretrained(tmp_path)
    model.set_attn_implementation("eager")  # the one that returns its weights
    return model, Llama.from_pretrained(tmp_path)


@torch.no_grad()
def test_attention_maps_are_transformers_own(pair):
    model, ours = pair
    ids = some_ids((2, 11))
    wanted = torch.stack(model(ids, output_attentions=True).attentions)
    got = attention_maps(ours, ids)
    assert torch.allclose(got, wanted, atol=1e-5)
    assert got.triu(1).abs().max() == 0
    assert torch.allclose(got.sum(-1), torch.ones(()), atol=1e-6)


@torch.no_grad()
def test_the_lens_reads_the_stream_and_ends_at_the_model(pair):
    model, ours = pair
    ids = some_ids((1, 6))
    states = model(ids, output_hidden_states=True).hidden_states
    lens = logit_lens(ours, ids)
    assert len(lens) == len(states)
    for row, state in zip(lens[:-1], states[:-1]):
        assert torch.allclose(row, model.lm_head(model.model.norm(state)), atol=1e-4)
    assert torch.equal(lens[-1], ours(ids))


@torch.no_grad()
def test_norms_are_those_of_the_stream(pair):
    model, ours = pair
    ids = some_ids((2, 6))
    states = model(ids, output_hidden_states=True).hidden_states
    norms = residual_norms(ours, ids)
    assert norms.shape == (4, 2, 6)
    for row, state in zip(norms[:-1], states[:-1]):
        assert torch.allclose(row, state.norm(dim=-1), atol=1e-4)
    # the last row is before the final norm, where transformers' is after it
    assert not torch.allclose(norms[-1], states[-1].norm(dim=-1), atol=1e-2)

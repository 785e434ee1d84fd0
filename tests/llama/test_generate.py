"""Greedy text beside transformers', samplers, ends, and the mask that must grow."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mlph_lib.llama import Llama
from tests.llama.conftest import some_ids


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_greedy_text_is_transformers_own(theirs, tmp_path, seed):
    model = theirs(seed)
    model.save_pretrained(tmp_path)
    ids = some_ids((1, 5), seed)
    wanted = model.generate(ids, max_new_tokens=256, do_sample=False, eos_token_id=299)
    model.config.eos_token_id = 299
    model.save_pretrained(tmp_path)
    got = Llama.from_pretrained(tmp_path).generate(ids, 256)
    assert torch.equal(got, wanted)
    assert wanted.shape[1] > 100  # a text, not an early end


def test_a_text_ends_at_eos_and_waits_for_the_others(checkpoint):
    model = Llama.from_pretrained(checkpoint)
    plan = iter([7, 2, 8, 9, 2, 5])  # two rows in turn: 7 8.. and 2

    def sampler(logits, rng):
        return next(plan)

    out = model.generate(torch.tensor([[1], [1]]), 10, sampler)
    assert out.tolist() == [[1, 7, 8, 2], [1, 2, 2, 2]]


def test_the_sampler_gets_float64_logits_and_the_generator(checkpoint):
    model, seen = Llama.from_pretrained(checkpoint), []
    rng = np.random.default_rng(3)

    def sampler(logits, given):
        seen.append((logits, given))
        return int(logits.argmin())

    ids = torch.tensor([[1, 9]])
    out = model.generate(ids, 2, sampler, rng)
    assert seen[0][0].dtype == np.float64 and seen[0][0].shape == (300,)
    assert seen[0][1] is rng
    assert out[0, 2] == model(ids)[0, -1].argmin()
    assert out[0, 3] == model(out[:, :3])[0, -1].argmin()


@pytest.mark.parametrize("token", [-1, 300])
def test_a_token_outside_the_vocabulary_is_refused(checkpoint, token):
    model = Llama.from_pretrained(checkpoint)
    with pytest.raises(ValueError, match="the sampler returned"):
        model.generate(torch.tensor([[1]]), 2, lambda logits, rng: token)


def test_lengths_are_checked_before_anything_runs(checkpoint):
    model = Llama.from_pretrained(checkpoint)
    with pytest.raises(ValueError, match="at least 1, got 0"):
        model.generate(torch.tensor([[1]]), 0)
    with pytest.raises(ValueError, match="outgrow the model's 320"):
        model.generate(torch.tensor([[1]]), 320)


@torch.no_grad()
def test_a_mask_that_never_grows_hides_what_was_said(theirs):
    """The course's loop appends to input_ids and keeps the prompt's mask."""
    model, ids = theirs(), some_ids((1, 9))
    stale, grown = torch.ones(1, 1, dtype=torch.long), torch.ones_like(ids)
    right = model(ids, attention_mask=grown).logits[0, -1]
    wrong = model(ids, attention_mask=stale).logits[0, -1]
    assert torch.allclose(right, model(ids).logits[0, -1], atol=1e-5)
    assert (right - wrong).abs().max() > 1
    other = ids.clone()
    other[0, 1:8] = some_ids((1, 7), seed=5)  # all but the first and the last token
    same = model(other, attention_mask=stale).logits[0, -1]
    assert torch.allclose(same, wrong, atol=1e-6)

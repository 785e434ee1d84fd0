"""Greedy text beside transformers', samplers, ends, and the mask that must grow."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mlph_lib.llama import Llama
from tests.llama.conftest import some_ids


HEADS = {"multi-head": 4, "grouped": 2, "one key head": 1}


def greedy(model, ids, eos=None, n=256):
    """transformers' own, which never ends without an eos."""
    return model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=n,
                          do_sample=False, eos_token_id=eos, pad_token_id=eos)


def ours(model, folder, eos):
    model.config.eos_token_id = eos
    model.save_pretrained(folder)
    return Llama.from_pretrained(folder)


@pytest.mark.parametrize("kept", HEADS.values(), ids=HEADS)
@pytest.mark.parametrize("batch", [1, 3])
def test_greedy_text_is_transformers_own(theirs, tmp_path, kept, batch):
    model, ids = theirs(num_key_value_heads=kept), some_ids((batch, 5))
    wanted = greedy(model, ids)
    assert wanted.shape == (batch, 261) and len(set(wanted[0].tolist())) > 20
    unsaid = min(set(range(300)) - set(wanted.flatten().tolist()))
    assert torch.equal(ours(model, tmp_path, unsaid).generate(ids, 256), wanted)


@pytest.mark.parametrize("stop", [0, 1, 17])
def test_greedy_text_ends_where_transformers_ends(theirs, tmp_path, stop):
    model, ids = theirs(), some_ids((1, 5))
    eos = int(greedy(model, ids)[0, 5 + stop])
    wanted = greedy(model, ids, eos)
    assert wanted[0, -1] == eos and wanted.shape[1] <= 6 + stop
    assert torch.equal(ours(model, tmp_path, eos).generate(ids, 256), wanted)


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


def test_a_sampler_returns_a_whole_number_of_any_kind(checkpoint):
    model, ids = Llama.from_pretrained(checkpoint), torch.tensor([[1]])
    for token in (np.int64(7), torch.tensor(7)):
        assert model.generate(ids, 1, lambda logits, rng: token).tolist() == [[1, 7]]
    with pytest.raises(TypeError, match="float"):
        model.generate(ids, 1, lambda logits, rng: 7.0)


BAD = {
    "floats": (torch.ones(1, 3), TypeError, "integer token ids"),
    "one axis": (torch.tensor([1, 2]), ValueError, r"shape \(B, T\)"),
    "empty": (torch.zeros(1, 0, dtype=torch.long), ValueError, "BOS token alone"),
    "beyond": (torch.tensor([[300]]), ValueError, "from 0 to 299"),
}


@pytest.mark.parametrize(("ids", "error", "says"), BAD.values(), ids=BAD)
def test_bad_prompts_are_refused(checkpoint, ids, error, says):
    with pytest.raises(error, match=says):
        Llama.from_pretrained(checkpoint).generate(ids, 2)


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


@torch.no_grad()
def course_loop(model, ids, n, grow):
    """Greedy steps as the course takes them: the argmax joins input_ids."""
    mask = torch.ones_like(ids)
    for _ in range(n):
        logits = model(ids, attention_mask=mask).logits[:, -1]
        ids = torch.cat((ids, logits.argmax(-1, keepdim=True)), 1)
        if grow:
            mask = torch.ones_like(ids)
    return ids


def test_the_loop_with_a_growing_mask_is_generate(theirs):
    model, ids = theirs(), torch.tensor([[1]])
    assert torch.equal(course_loop(model, ids, 30, grow=True), greedy(model, ids, n=30))
    assert not torch.equal(course_loop(model, ids, 30, grow=False),
                           greedy(model, ids, n=30))

"""Every answer against transformers or arithmetic by hand, for both codes."""

import json

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from mlph_lib.questions import (
    LanguageModel,
    attention,
    decode_speed,
    embedding,
    greedy,
    logit_lens,
    module_tree,
    next_tokens,
    pieces,
    residual_norms,
    tree,
)

PROMPT = "My sun is"
IDS = [1, 357, 347, 356, 362]


@pytest.fixture(scope="module", params=["ours", "transformers"])
def lm(request, checkpoint):
    return LanguageModel.load(checkpoint, backend=request.param)


@pytest.fixture(scope="module")
def theirs(checkpoint):
    return AutoModelForCausalLM.from_pretrained(checkpoint, attn_implementation="eager")


@pytest.fixture(scope="module")
def pass_(theirs):
    """transformers' own forward pass over the prompt, with all that it can return."""
    with torch.no_grad():
        return theirs(
            torch.tensor([IDS]), output_hidden_states=True, output_attentions=True
        )


def test_module_tree(lm, theirs):
    answer = module_tree(lm)
    rows = {row["path"]: row for row in answer["modules"]}
    assert answer["parameters"] == theirs.num_parameters()
    assert answer["dtype"] == "float32"
    k = rows["model.layers.*.self_attn.k_proj"]
    assert (k["type"], k["weight"], k["copies"]) == ("Linear", [16, 32], 3)
    assert rows["model.embed_tokens"]["weight"] == [365, 32]
    assert rows["model.layers.*"]["weight"] is None
    counted = sum(
        row["copies"] * np.prod(row["weight"]) for row in rows.values() if row["weight"]
    )
    assert counted == answer["parameters"]


def test_pieces(lm):
    answer = pieces(lm, [356, 1, 198, 172])
    assert answer["pieces"] == ["▁sun", "<s>", "<0xC3>", "<0xA9>"]
    assert answer["texts"] == ["sun", "<s>", "�", "�"]
    assert answer["text"] == "sun<s>é" and answer["vocabulary"] == 365


def test_embedding(lm, theirs):
    answer = embedding(lm, "sun")
    assert answer["ids"].tolist() == [1, 356] and answer["shape"] == [2, 32]
    rows = theirs.get_input_embeddings().weight[[1, 356]].detach()
    assert np.array_equal(answer["vectors"], rows)


def test_next_tokens(lm, pass_):
    answer = next_tokens(lm, PROMPT, top=4)
    assert answer["prompt_ids"].tolist() == IDS
    assert answer["prompt_text"] == "<s> My sun is"
    law = pass_.logits[0, -1].double().softmax(-1)
    probabilities, ids = law.topk(4)
    assert answer["top_ids"].tolist() == ids.tolist()
    assert answer["top_pieces"] == lm.pieces(ids)
    np.testing.assert_allclose(answer["top_probabilities"], probabilities, rtol=1e-4)
    np.testing.assert_allclose(answer["logits"], pass_.logits[0, -1], atol=2e-5)
    entropy = -(law * law.log()).sum()
    assert answer["entropy"] == pytest.approx(float(entropy), abs=1e-5)


@pytest.mark.parametrize("prompt", ["", PROMPT])
def test_greedy_is_generate_without_sampling(lm, theirs, prompt):
    answer = greedy(lm, prompt, max_new_tokens=40)
    ids = torch.tensor([lm.encode(prompt)])
    expected = theirs.generate(ids, do_sample=False, max_new_tokens=40)
    assert answer["ids"].tolist() == expected[0, ids.shape[1] :].tolist()
    assert np.array_equal(answer["ids"], answer["top_ids"][:, 0])
    assert np.all(answer["margins"] >= 0)
    whole = lm.text([*lm.encode(prompt), *answer["ids"]])
    assert whole == answer["prompt_text"] + answer["text"]
    logits = theirs(expected).logits[0, ids.shape[1] - 1 : -1].double()
    log_p = logits.log_softmax(-1).gather(-1, torch.tensor(answer["top_ids"]))[:, 0]
    np.testing.assert_allclose(answer["log_probabilities"], log_p.detach(), atol=1e-4)


def test_greedy_stops_at_the_end_of_text(checkpoint):
    lm = LanguageModel.load(checkpoint)
    first = greedy(lm, "", 3)
    assert not first["ended"] and len(first["ids"]) == 3

    class Ends(LanguageModel):
        eos = property(lambda self: int(first["ids"][1]))

    answer = greedy(Ends(lm.model, lm.tokenizer, "ends"), "", 3)
    assert answer["ended"] and answer["ids"].tolist() == first["ids"][:2].tolist()
    assert answer["text"] == lm.continuation([1], first["ids"][:1].tolist())


def test_a_tie_goes_to_the_lowest_id(checkpoint):
    lm = LanguageModel.load(checkpoint)
    with torch.no_grad():
        lm.model.lm_head.weight.zero_()
    assert greedy(lm, "", 2)["ids"].tolist() == [0, 0]
    assert next_tokens(lm, "", 3)["top_ids"].tolist() == [0, 1, 2]


def test_tree(lm):
    answer = tree(lm, PROMPT, depth=3, width=2)
    parent, ids = answer["parent"], answer["ids"].tolist()
    assert parent.tolist() == [-1, -1, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert answer["depth"].tolist() == [1] * 2 + [2] * 4 + [3] * 8
    paths = {-1: []}
    for place, up in enumerate(parent):
        paths[place] = [*paths[up], ids[place]]
        expected = next_tokens(lm, PROMPT, 1)["logits"] if up < 0 else lm.logits(
            [*IDS, *paths[up]]
        )[-1]
        log_p = torch.tensor(expected).double().log_softmax(-1)[ids[place]]
        assert np.log(answer["probabilities"][place]) == pytest.approx(float(log_p))
        above = 0.0 if up < 0 else answer["log_probabilities"][up]
        assert answer["log_probabilities"][place] == pytest.approx(above + float(log_p))
        assert answer["texts"][place] == lm.continuation(IDS, paths[place])


def test_a_tree_does_not_grow_after_the_end_of_text(checkpoint):
    lm = LanguageModel.load(checkpoint)
    first = int(next_tokens(lm, "", 1)["top_ids"][0])

    class Ends(LanguageModel):
        eos = property(lambda self: first)

    answer = tree(Ends(lm.model, lm.tokenizer, "ends"), "", depth=2, width=2)
    assert answer["parent"].tolist() == [-1, -1, 1, 1]


def test_logit_lens(lm, pass_, theirs):
    answer = logit_lens(lm, PROMPT, top=3)
    assert answer["ids"].tolist() == IDS
    assert answer["top_ids"].shape == (4, 5, 3) and len(answer["top_pieces"]) == 4
    assert answer["top_pieces"][1][2] == lm.pieces(answer["top_ids"][1, 2])
    lens = [theirs.lm_head(theirs.model.norm(h[0])) for h in pass_.hidden_states[:-1]]
    laws = torch.stack([*lens, pass_.logits[0]]).detach().double().softmax(-1)
    top = laws.gather(-1, torch.tensor(answer["top_ids"]))
    np.testing.assert_allclose(answer["top_probabilities"], top, rtol=1e-3)
    np.testing.assert_allclose(
        answer["top_probabilities"], laws.topk(3).values, rtol=1e-3
    )
    kl = (laws[-1] * (laws[-1].log() - laws.log())).sum(-1)
    np.testing.assert_allclose(answer["divergences"], kl, atol=1e-4)
    assert np.all(answer["divergences"][-1] == 0)


def test_residual_norms(lm, pass_):
    answer = residual_norms(lm, PROMPT)
    expected = torch.stack(pass_.hidden_states)[:-1, 0].detach().norm(dim=-1)
    np.testing.assert_allclose(answer["norms"][:-1], expected, rtol=1e-4)
    assert answer["norms"].shape == (4, 5)
    # the last row is what enters the last norm, not what leaves it
    left = pass_.hidden_states[-1][0].detach().norm(dim=-1)
    assert np.all(np.abs(answer["norms"][-1] / left.numpy() - 1) > 0.1)


def test_attention(lm, pass_):
    answer = attention(lm, PROMPT)
    expected = torch.stack(pass_.attentions)[:, 0].detach()
    assert answer["weights"].dtype == np.float16
    np.testing.assert_allclose(answer["weights"], expected, atol=6e-4)
    assert np.all(np.triu(answer["weights"], 1) == 0)


@pytest.mark.parametrize("question", [logit_lens, residual_norms, attention])
def test_a_view_can_cover_what_the_model_goes_on_to_say(lm, question):
    answer = question(lm, "", new_tokens=6)
    assert answer["ids"].tolist() == [1, *greedy(lm, "", 6)["ids"].tolist()]
    assert answer["prompt"] == "" and len(answer["pieces"]) == 7


def test_looking_inside_leaves_the_model_as_it_was(checkpoint):
    lm = LanguageModel.load(checkpoint, backend="transformers")
    before = lm.logits(IDS)
    for question in (attention, residual_norms, logit_lens):
        question(lm, PROMPT)
    assert lm.model.config._attn_implementation == "sdpa"
    assert np.array_equal(lm.logits(IDS), before)


def test_decode_speed(lm, checkpoint):
    answer = decode_speed(lm, "sun", new_tokens=10, repeats=3)
    assert answer["seconds"].shape == (3,) and np.all(answer["seconds"] > 0)
    speed = 10 / np.median(answer["seconds"])
    assert answer["tokens_per_second"] == pytest.approx(speed)
    parameters = module_tree(lm)["parameters"]
    cache = 7 * 2 * 3 * 2 * 8  # 7 positions, keys and values, 3 layers, 2 heads of 8
    assert answer["bytes_per_token"] == 4 * (parameters - 365 * 32 + cache)
    rate = speed * answer["bytes_per_token"] / 1e9
    assert answer["gigabytes_per_second"] == pytest.approx(rate)


@pytest.mark.parametrize(
    ("question", "request_", "words"),
    [
        (next_tokens, {"top": 0}, "top must be an integer from 1, got 0"),
        (greedy, {"max_new_tokens": 0}, "max_new_tokens must be an integer from 1"),
        (greedy, {"max_new_tokens": 2.0}, "got 2.0"),
        (tree, {"depth": 0}, "depth must be"),
        (tree, {"width": True}, "width must be an integer from 1, got True"),
        (attention, {"new_tokens": -1}, "new_tokens must be an integer from 0, got -1"),
        (decode_speed, {"repeats": 0}, "repeats must be"),
    ],
)
def test_bad_counts_are_refused(lm, question, request_, words):
    with pytest.raises(ValueError, match=words):
        question(lm, **request_)


def test_float16_answers_are_exact(checkpoint):
    lm = LanguageModel.load(checkpoint, "transformers", dtype=torch.float16)
    answer = next_tokens(lm, PROMPT)
    assert answer["logits"].dtype == np.float16
    assert np.array_equal(answer["logits"].astype(float), lm.logits(IDS)[-1])
    law = torch.tensor(answer["logits"]).double().softmax(-1)
    np.testing.assert_allclose(
        answer["top_probabilities"], law[answer["top_ids"]], rtol=1e-12
    )


@pytest.mark.parametrize(
    "question", [module_tree, next_tokens, greedy, tree, logit_lens, attention]
)
def test_an_answer_is_arrays_and_json(lm, question):
    for value in question(lm).values():
        if not isinstance(value, np.ndarray):
            assert json.loads(json.dumps(value)) == value

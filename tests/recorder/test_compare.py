"""Two answers to one request: what may differ between machines, and what may not."""

import copy

import numpy as np
import pytest

from mlph_lib import questions
from mlph_lib.recorder import differences

REQUESTS = {
    "module_tree": {},
    "pieces": {"ids": [5, 300]},
    "embedding": {"text": "sun"},
    "next_tokens": {"prompt": "sun"},
    "greedy": {"prompt": "", "max_new_tokens": 8},
    "samples": {"prompt": "", "n": 6, "max_new_tokens": 8},
    "arithmetic": {"prompt": "", "codes": ["1/3", "2/3"], "max_new_tokens": 6},
    "tree": {"prompt": "", "depth": 2, "width": 3},
    "logit_lens": {"prompt": "sun", "new_tokens": 3},
    "residual_norms": {"prompt": "sun", "new_tokens": 3},
    "attention": {"prompt": "sun", "new_tokens": 3},
    "decode_speed": {"new_tokens": 3, "repeats": 2},
}


@pytest.fixture(scope="module")
def answers(lm):
    return {
        name: questions.QUESTIONS[name](lm, **request)
        for name, request in REQUESTS.items()
    }


def test_every_question_is_compared():
    assert REQUESTS.keys() == questions.QUESTIONS.keys()


@pytest.mark.parametrize("name", REQUESTS)
def test_an_answer_agrees_with_itself(answers, name):
    found = differences(name, answers[name], copy.deepcopy(answers[name]))
    assert found and all(found) and all(d.difference == 0 for d in found)


@pytest.mark.parametrize(
    ("name", "key", "change"),
    [
        ("module_tree", "parameters", 1),
        ("pieces", "vocabulary", 1),
        ("embedding", "vectors", 1e-3),
        ("next_tokens", "logits", 0.3),
        ("next_tokens", "top_probabilities", 0.03),
        ("next_tokens", "entropy", 0.2),
        ("next_tokens", "prompt_ids", 1),
        ("greedy", "top_logits", 0.3),
        ("greedy", "log_probabilities", -0.3),
        ("samples", "entropies", 0.2),
        ("samples", "log_probabilities", 0.3),
        ("arithmetic", "entropies", 0.2),
        ("tree", "probabilities", 0.03),
        ("logit_lens", "divergences", 0.2),
        ("residual_norms", "norms", 1.0),
        ("attention", "weights", 0.05),
        ("decode_speed", "bytes_per_token", 1),
    ],
)
def test_a_number_too_far_off_is_seen(answers, name, key, change):
    changed = copy.deepcopy(answers[name])
    changed[key] = changed[key] + np.asarray(change, getattr(changed[key], "dtype", None))
    assert not all(differences(name, answers[name], changed))
    nearer = copy.deepcopy(answers[name])
    if isinstance(change, float) and name != "embedding":
        nearer[key] = nearer[key] + change / 100
        assert all(differences(name, answers[name], nearer))


def test_time_is_the_machines_own(answers):
    slower = copy.deepcopy(answers["decode_speed"])
    slower["seconds"] = slower["seconds"] * 100
    assert all(differences("decode_speed", answers["decode_speed"], slower))


def test_a_greedy_text_may_turn_at_a_near_tie_only(answers):
    then, now = answers["greedy"], copy.deepcopy(answers["greedy"])
    turn = 3
    now["ids"][turn:] = 7
    now["top_logits"][turn + 1 :] += 5.0  # another text from there on
    tied = copy.deepcopy(then)
    tied["margins"][turn] = 0.1
    near = copy.deepcopy(now)
    near["margins"][turn] = 0.1
    assert all(differences("greedy", tied, near))
    tied["margins"][turn] = near["margins"][turn] = 3.0
    assert not all(differences("greedy", tied, near))


def test_a_sample_may_turn_at_the_edge_of_its_cell_only(answers):
    then, now = copy.deepcopy(answers["samples"]), copy.deepcopy(answers["samples"])
    now["ids"][2, 4:] = 7
    now["entropies"][2, 4:] = 0.0
    then["low"][2, 4], then["high"][2, 4] = then["u"][2, 4] - 0.01, 1.0
    assert all(differences("samples", then, now))
    then["low"][2, 4], then["high"][2, 4] = then["u"][2, 4] - 0.3, then["u"][2, 4] + 0.3
    assert not all(differences("samples", then, now))


def test_a_branch_may_be_missing_if_another_was_as_likely(answers):
    then, now = answers["tree"], copy.deepcopy(answers["tree"])
    last = then["ids"].size - 1  # the least likely leaf of the last parent
    now["ids"][last] = 364
    now["probabilities"][last] = then["probabilities"][last] - 0.001
    assert all(differences("tree", then, now))
    now["probabilities"][last] = then["probabilities"][last] - 0.03
    assert not all(differences("tree", then, now))


@pytest.mark.parametrize("name", ["logit_lens", "residual_norms", "attention"])
def test_a_view_is_compared_where_the_text_is_the_same(answers, name):
    now = copy.deepcopy(answers[name])
    key = {"logit_lens": "divergences", "residual_norms": "norms"}.get(name, "weights")
    now["ids"][-1] += 1
    if name == "attention":
        now[key][..., -1, :] = 0
    else:
        now[key][:, -1] = 0
    assert all(differences(name, answers[name], now))
    now["ids"][-1] -= 1
    assert not all(differences(name, answers[name], now))

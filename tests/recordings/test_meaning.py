"""Real answers pass; an answer that contradicts itself does not, whatever it says."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mlph_lib import questions
from mlph_lib.questions.small import small_model
from mlph_lib.recordings import WrongMeaningError
from mlph_lib.recordings.meaning import check_meaning
from mlph_lib.recordings.plain import full_request

REQUESTS = {
    "module_tree": {},
    "pieces": {"ids": [1, 5, 200, 356, 357, 0]},
    "embedding": {"text": "sun"},
    "next_tokens": {"prompt": "My sun is", "top": 7},
    "greedy": {"prompt": "sun", "max_new_tokens": 12},
    "samples": {"n": 6, "max_new_tokens": 10, "seed": 3},
    "arithmetic": {"codes": ["1/3", "5/7", "0"], "max_new_tokens": 8},
    "tree": {"prompt": "My", "depth": 3, "width": 3},
    "logit_lens": {"prompt": "sun", "new_tokens": 3},
    "residual_norms": {"prompt": "sun"},
    "attention": {"prompt": "sun", "new_tokens": 3},
    "decode_speed": {"new_tokens": 4, "repeats": 3},
}


@pytest.fixture(scope="module")
def answers() -> dict[str, tuple[dict, dict]]:
    """Question -> its full request, and a small random Llama's answer."""
    lm = small_model()
    return {
        name: (full_request(questions.QUESTIONS[name], asked),
               questions.QUESTIONS[name](lm, **asked))
        for name, asked in REQUESTS.items()
    }


def test_every_question_is_here():
    assert REQUESTS.keys() == questions.QUESTIONS.keys()


@pytest.mark.parametrize("name", REQUESTS)
def test_real_answers_pass(answers, name):
    check_meaning(*answers[name], "file.json")


@pytest.mark.parametrize("seed", range(3))
def test_samples_of_shaped_laws_pass(seed):
    request = {"n": 8, "max_new_tokens": 12, "seed": seed,
               "settings": {"temperature": 0.7, "top_p": 0.9}}
    check_meaning(request, questions.samples(small_model(), **request), "file.json")


def put(key: str, index: Any, value: Any) -> Callable[[dict], None]:
    """Set one element of an array or a list of an answer."""

    def change(answer: dict) -> None:
        answer[key][index] = value

    return change


def add(key: str, index: Any, amount: float) -> Callable[[dict], None]:
    def change(answer: dict) -> None:
        answer[key][index] += amount

    return change


def become(key: str, value: Any) -> Callable[[dict], None]:
    return lambda answer: answer.update({key: value})


def swap(key: str, i: Any, j: Any) -> Callable[[dict], None]:
    def change(answer: dict) -> None:
        answer[key][[i, j]] = answer[key][[j, i]]

    return change


def widen(answer: dict) -> None:
    """Every cell of the first token shifted, its u too: only its width is wrong."""
    answer["high"][:, 0] = np.minimum(1, answer["high"][:, 0] + 1e-3)


def shift_cell(answer: dict) -> None:
    """A code's interval moved by its own width: of the right width, elsewhere."""
    low, width = (questions.exact(answer[k][0]) for k in ("low", "width"))
    answer["low"][0] = str(low + width)


FAULTS = [
    ("pieces", put("texts", 2, "nonesuch"), "each id decodes alone"),
    ("pieces", put("pieces", 2, "▁nonesuch"), None),
    ("pieces", put("ids", 0, 2), "those asked for"),
    ("pieces", become("vocabulary", 300), "those asked for"),
    ("embedding", become("prompt", "moon"), "repeats the prompt"),
    ("embedding", become("text", "<s> moon"), "pieces spell the text"),
    ("embedding", become("shape", [3, 32]), "one vector for each id"),
    ("embedding", become("vectors", np.zeros((3, 32))), "one vector for each id"),
    ("next_tokens", swap("top_ids", 0, 1), "those of the logits"),
    ("next_tokens", add("top_probabilities", 6, -1e-5), "those of the logits"),
    ("next_tokens", add("top_probabilities", 0, 1.0), "at most 1"),
    ("next_tokens", swap("top_probabilities", 0, 1), "largest first"),
    ("next_tokens", add("logits", 40, 0.01), "those of the logits"),
    ("next_tokens", become("entropy", 0.1), "those of the logits"),
    ("next_tokens", put("top_pieces", 0, "x"), "decodes alone"),
    ("next_tokens", put("top_texts", 0, "x"), "decodes alone"),
    ("next_tokens", become("prompt_text", "<s> My moon is"), "spell it"),
    ("next_tokens", become("prompt", "My moon is"), "repeats the prompt"),
    ("next_tokens", become("top_probabilities", np.array([0.1])), None),
    ("greedy", put("ids", 3, 5), None),
    ("greedy", put("top_ids", (3, 0), 5), None),
    ("greedy", add("top_logits", (2, 1), 50.0), "argmax"),
    ("greedy", add("margins", 2, 0.1), "argmax"),
    ("greedy", put("pieces", 1, "x"), None),
    ("greedy", become("text", "something else"), "pieces spell the text"),
    ("greedy", put("texts", 4, "something else"), "each id decodes alone"),
    ("greedy", put("log_probabilities", 0, 0.5), "at most 0"),
    ("greedy", put("entropies", 0, 0.0), "at most the entropy"),
    ("samples", put("u", (0, 0), 1.5), "lies in its cell"),
    ("samples", add("u", (1, 0), -2.0), "lies in its cell"),
    ("samples", put("low", (0, 0), 2.0), "lies in its cell"),
    ("samples", put("low", (0, 0), np.nan), None),
    ("samples", widen, "as wide as its token"),
    ("samples", put("texts", 0, "something else"), "spell the texts"),
    ("samples", put("used_pieces", 0, "x"), None),
    ("samples", put("lengths", 0, 3), None),
    ("samples", put("ids", (0, 0), -1), None),
    ("samples", put("ids", (0, 0), 360), None),
    ("samples", add("log_probabilities", (0, 0), -0.1), "as wide as its token"),
    ("samples", put("entropies", (0, 0), -1.0), "entropies at least 0"),
    ("arithmetic", put("codes", 0, "2/5"), "interval of its text"),
    ("arithmetic", put("low", 1, "1/2"), "interval of its text"),
    ("arithmetic", put("width", 1, "1/2"), "interval of its text"),
    ("arithmetic", shift_cell, "interval of its text"),
    ("arithmetic", add("log_probabilities", (0, 1), -1e-3), "interval of its text"),
    ("arithmetic", put("texts", 0, "x"), "spell the texts"),
    ("tree", add("probabilities", 0, 0.9), "share at most their mass"),
    ("tree", add("log_probabilities", 5, 0.1), "follow their parents"),
    ("tree", put("parent", 0, 4), None),
    ("tree", put("depth", 0, 2), "follow their parents"),
    ("tree", put("texts", 5, "x"), "pieces on its path"),
    ("tree", put("pieces", 5, "x"), None),
    ("logit_lens", add("divergences", (-1, 0), 0.1), "differs from itself"),
    ("logit_lens", put("divergences", (0, 0), -0.1), "differs from itself"),
    ("logit_lens", put("entropies", (0, 0), -0.1), "differs from itself"),
    ("logit_lens", add("top_probabilities", (0, 0, 0), 1.0), "at most 1"),
    ("logit_lens", become("top_pieces", [["x"]]), None),
    ("logit_lens", become("divergences", np.zeros((2, 2))), "each layer and position"),
    ("residual_norms", put("norms", (0, 0), np.inf), "finite and positive"),
    ("residual_norms", put("norms", (0, 0), -1.0), "finite and positive"),
    ("residual_norms", become("norms", np.ones((4, 9))), "one a layer and position"),
    ("attention", put("weights", (0, 0, 0, 1), 0.5), "never looks ahead"),
    ("attention", put("weights", (0, 0, 1, 0), 0.9), "sums to 1"),
    ("attention", become("weights", np.ones((3, 4, 1, 1))), "sums to 1"),
    ("decode_speed", become("tokens_per_second", 1.0), "over the median time"),
    ("decode_speed", become("gigabytes_per_second", 1.0), "over the median time"),
    ("decode_speed", become("new_tokens", 5), "over the median time"),
]


@pytest.mark.parametrize(
    ("name", "fault", "claim"), FAULTS, ids=[f"{i}-{f[0]}" for i, f in enumerate(FAULTS)]
)
def test_a_contradiction_is_found(answers, name, fault, claim):
    request, answer = copy.deepcopy(answers[name])
    fault(answer)
    with pytest.raises(WrongMeaningError, match=claim or "file.json: ") as caught:
        check_meaning(request, answer, "file.json")
    assert str(caught.value).startswith("file.json: ")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("next_tokens", {"prompt": "Her sun is"}),
        ("next_tokens", {"top": 8}),
        ("greedy", {"max_new_tokens": 11}),
        ("arithmetic", {"codes": ["1/3", "5/7"]}),
        ("tree", {"width": 2}),
        ("tree", {"depth": 2}),
        ("pieces", {"ids": [1]}),
        ("decode_speed", {"new_tokens": 9}),
    ],
)
def test_an_answer_to_another_request_is_found(answers, name, change):
    request, answer = answers[name]
    with pytest.raises(WrongMeaningError):
        check_meaning(request | change, answer, "file.json")


def test_ties_go_to_the_lowest_id():
    tied = {
        "ids": np.array([4]), "top_ids": np.array([[4, 9, 1]]),
        "top_logits": np.array([[2.0, 2.0, 1.0]]), "margins": np.array([0.0]),
    }
    check_meaning({}, tied, "file.json")
    wrong = tied | {"ids": np.array([9]), "top_ids": np.array([[9, 4, 1]])}
    with pytest.raises(WrongMeaningError, match="lowest of equals"):
        check_meaning({}, wrong, "file.json")


def test_filtered_texts_hold_what_the_filter_keeps():
    answer = {"filtered_texts": ["a", "", "1?"], "kept": "[a-z0-9?]"}
    check_meaning({"max_new_tokens": 3}, answer, "file.json")
    for wrong in ({"filtered_texts": ["a", "", "A"]}, {"filtered_texts": ["a"]}):
        with pytest.raises(WrongMeaningError, match="filtered"):
            check_meaning({"max_new_tokens": 3}, answer | wrong, "file.json")


def test_fractions_of_thousands_of_digits_are_read():
    answer = {
        "codes": ["0"], "low": ["0"], "width": ["1/1" + 5000 * "0"],
        "log_probabilities": np.array([[-5000 * np.log(10)]]),
    }
    check_meaning({"codes": ["0"]}, answer, "file.json")
    wrong = answer | {"width": ["1/1" + 5001 * "0"]}
    with pytest.raises(WrongMeaningError, match="interval of its text"):
        check_meaning({"codes": ["0"]}, wrong, "file.json")

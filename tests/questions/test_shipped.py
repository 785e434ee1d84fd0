"""The questions put to the model that ships with the book."""

from pathlib import Path

import numpy as np
import pytest

from mlph_lib.questions import (
    QUESTIONS,
    LanguageModel,
    greedy,
    live,
    next_tokens,
    samples,
)
from mlph_lib.recordings.meaning import check_meaning
from mlph_lib.recordings.plain import full_request, split

ROOT = Path(__file__).resolve().parents[2]
REQUESTS = {
    "pieces": {"ids": [1, 13, 300]},
    "embedding": {"text": "sun"},
    "samples": {"n": 6, "max_new_tokens": 24},
    "arithmetic": {"codes": ["1/3", "1/7"], "max_new_tokens": 24},
    "logit_lens": {"prompt": "Return the", "new_tokens": 4},
    "attention": {"prompt": "Return the", "new_tokens": 4},
    "decode_speed": {"new_tokens": 4, "repeats": 1},
}


@pytest.fixture(scope="module")
def lm():
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT / "book")
        patch.delenv("LLAMA", raising=False)
        return live()


def test_the_shipped_model_is_live(lm):
    assert (lm.name, lm.shipped) == ("docstrings", True)
    assert lm.encode("") == [1] and lm.text([1]) == "<s>"


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_answer_means_what_a_recording_must(lm, name):
    question, request = QUESTIONS[name], REQUESTS.get(name, {})
    arrays, values = split(question(lm, **request))
    check_meaning(full_request(question, request), arrays | values, name)


def test_transformers_says_the_same(lm):
    theirs = LanguageModel.load(ROOT / "models" / "docstrings", "transformers")
    for prompt in ("", "Return the"):
        ours = next_tokens(lm, prompt), next_tokens(theirs, prompt)
        np.testing.assert_allclose(ours[0]["logits"], ours[1]["logits"], atol=1e-4)
        texts = greedy(lm, prompt, 60), greedy(theirs, prompt, 60)
        assert texts[0]["text"] == texts[1]["text"]


def test_a_text_that_ends_is_a_document(lm):
    answer = samples(lm, n=8, max_new_tokens=200, seed=1)
    ended = [i for i, n in enumerate(answer["lengths"]) if answer["ids"][i, n - 1] == lm.eos]
    assert ended
    assert not any("</s>" in answer["texts"][i] for i in ended)
